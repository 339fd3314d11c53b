// A fake device: host memory, with a cache, a UUID and a clock that the test sets.
#ifndef POOLBENCH_TESTS_FAKE_SUBSTRATE_H_
#define POOLBENCH_TESTS_FAKE_SUBSTRATE_H_

#include <cstring>

#include "host/substrates/host.h"

namespace poolbench {

class FakeSubstrate : public Substrate {
 public:
  explicit FakeSubstrate(std::string uuid = {}, int64_t cache_bytes = 64 << 10) {
    device_.uuid = std::move(uuid);
    device_.cache_bytes = cache_bytes;
    device_.memory_bytes = int64_t{1} << 32;
  }
  const Device& device() const override { return device_; }
  // New memory holds this byte.
  static constexpr uint8_t kNew = 0xcd;
  void* allocate(int64_t bytes) override {
    if (bytes > most_bytes) throw OutOfMemory("no memory for " + std::to_string(bytes) + " bytes");
    void* memory = host_substrate().allocate(bytes);
    fill(memory, kNew, bytes);
    return memory;
  }
  void release(void* memory) noexcept override { host_substrate().release(memory); }
  void write(void* to, const void* from, int64_t bytes) override {
    if (lost) throw std::runtime_error("the device fell off");
    copy(to, from, bytes);
  }
  void read(void* to, const void* from, int64_t bytes) override { copy(to, from, bytes); }
  void fill(void* to, uint8_t byte, int64_t bytes) override { std::memset(to, byte, bytes); }
  void copy(void* to, const void* from, int64_t bytes) override { std::memcpy(to, from, bytes); }
  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override {
    struct FakeRecording : Recording {
      FakeRecording(FakeSubstrate& substrate, std::function<void(Stream)> work)
          : substrate(substrate), work(std::move(work)) {}
      double replay() override {
        substrate.elapsed = 0;
        work(nullptr);
        return substrate.elapsed;
      }
      FakeSubstrate& substrate;
      std::function<void(Stream)> work;
    };
    return std::make_unique<FakeRecording>(*this, work);
  }

  // Of one allocation.
  int64_t most_bytes = std::numeric_limits<int64_t>::max();
  bool lost = false;   // works no more
  double elapsed = 0;  // what a replay takes: the launches in it add to this

 private:
  Device device_;
};

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_FAKE_SUBSTRATE_H_
