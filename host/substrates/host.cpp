#include "host/substrates/host.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "host/fp_env.h"
#include "host/substrates/shared_memory.h"

namespace poolbench {
namespace {

// Large tensors are aligned to 2 MiB and backed by huge pages where the system allows it. With
// small pages, which ones a tensor gets changes its time by up to a tenth.
constexpr int64_t kHugePage = int64_t{2} << 20;

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

Device describe_host() {
  Device device;
  device.substrate = "host";
  device.name = processor_name();
  device.uuid = "host";
  device.driver = "none";
  device.memory_bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  for (const int level : {3, 2, 1})
    if (device.cache_bytes <= 0) device.cache_bytes = host_cache_bytes(level);
  if (device.cache_bytes <= 0) device.cache_bytes = int64_t{32} << 20;
  return device;
}

class HostRecording : public Recording {
 public:
  explicit HostRecording(std::function<void(Stream)> work) : work_(std::move(work)) {}
  double replay() override {
    FpGuard guard;
    const auto start = std::chrono::steady_clock::now();
    work_(nullptr);
    const auto end = std::chrono::steady_clock::now();
    if (std::string change = guard.restore(); !change.empty()) fp_change_ = std::move(change);
    return std::chrono::duration<double>(end - start).count();
  }
  std::string fp_change() const override { return fp_change_; }

 private:
  std::string fp_change_;
  std::function<void(Stream)> work_;
};

class HostSubstrate : public Substrate {
 public:
  const Device& device() const override { return device_; }

  void* allocate(int64_t bytes) override {
    if (host_memory_is_shared()) {
      void* pages = bytes > device_.memory_bytes ? nullptr : allocate_shared(bytes);
      if (pages == nullptr) throw_out_of_memory(bytes);
      return pages;
    }
    const int64_t alignment = bytes >= kHugePage ? kHugePage : 256;
    const int64_t rounded = (std::max<int64_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    void* memory =
        rounded > device_.memory_bytes
            ? nullptr  // overcommit would grant it, and the process would be killed later
            : std::aligned_alloc(alignment, rounded);
    if (memory == nullptr) throw_out_of_memory(bytes);
    if (alignment == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
    return memory;
  }
  void release(void* memory) noexcept override {
    if (!release_shared(memory)) std::free(memory);
  }
  void write(void* to, const void* from, int64_t bytes) override { copy(to, from, bytes); }
  void read(void* to, const void* from, int64_t bytes) override { copy(to, from, bytes); }
  void fill(void* to, uint8_t byte, int64_t bytes) override { std::memset(to, byte, bytes); }
  void copy(void* to, const void* from, int64_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override {
    return std::make_unique<HostRecording>(work);
  }

 private:
  [[noreturn]] void throw_out_of_memory(int64_t bytes) const {
    throw OutOfMemory(fmt::format("host: no memory for {} bytes (the machine has {})", bytes,
                                  device_.memory_bytes));
  }

  Device device_ = describe_host();
};

}  // namespace

double available_host_memory() {
  std::ifstream file("/proc/meminfo");
  for (std::string key, unit; file >> key;) {
    double kib = 0;
    file >> kib;
    if (key == "MemAvailable:") return kib * 1024;
    std::getline(file, unit);
  }
  return INFINITY;
}

// The kernel knows what one processor shares with its neighbours. The C library adds the last-level
// caches of a whole AMD package, of which a processor fills its own only: 384 MiB for 32.
int64_t host_cache_bytes(int level) {
  constexpr int kNames[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE};
  for (int i = 0; i < 8; ++i) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", i);
    std::ifstream at(folder + "level"), kind(folder + "type"), size(folder + "size");
    int here = 0;
    std::string type;
    int64_t kib = 0;
    if (at >> here && kind >> type && size >> kib && here == level && type != "Instruction")
      return kib << 10;
  }
  return std::max<int64_t>(sysconf(kNames[level - 1]), 0);
}

Substrate& host_substrate() {
  static HostSubstrate substrate;
  return substrate;
}

}  // namespace poolbench
