// A substrate owns memory, replay and the clock: of the host, a CUDA device, a Vulkan device or an
// engine in a process of its own.
#ifndef POOLBENCH_HOST_SUBSTRATE_H_
#define POOLBENCH_HOST_SUBSTRATE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace poolbench {

// Memory ran out. The message says how much was asked for and where. Ends the case, not the run.
struct OutOfMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A plan broke its contract (host/backend.h); the message says how, as in "enqueues nothing".
struct BrokenContract : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What work is enqueued on: null on the host, a cudaStream_t in capture, a VkCommandBuffer, a
// WorkerStream.
using Stream = void*;

struct Device {
  std::string substrate;  // "host", "cuda", "vulkan"; of engines there: "worker", "cuda-worker"
  std::string name;       // as the driver calls it
  // Identifies the device whatever the API: 32 hex digits; "host" for the host's processor, also
  // where a software driver presents it as a GPU.
  std::string uuid;
  std::string driver;
  int64_t memory_bytes = 0;
  int64_t cache_bytes = 0;  // last-level cache; cold runs rotate over three times as much
};

// A device's own objects, for modules that work on it (host/module.h); null except on Vulkan.
struct NativeDevice {
  void* instance = nullptr;
  void* physical_device = nullptr;
  void* device = nullptr;
  void* get_instance_proc_addr = nullptr;
};

// Work, of one plan or several, recorded once and replayed. Whatever it uses must outlive the
// replays.
class Recording {
 public:
  virtual ~Recording() = default;
  // Runs all of it, waits, and returns seconds by the device's clock: between the first dispatch's
  // start and the last one's end (host: steady clock around the calls).
  virtual double replay() = 0;
  // Runs all of it, and returns seconds by the host's clock: from the call that submits it until
  // the host has seen its end and can use the results.
  virtual double submit() { return replay(); }
  // Whether nothing was enqueued, as far as the device can tell.
  virtual bool empty() const { return false; }
  // What the work did to the floating-point environment, if anything, in the replays so far: it
  // "turns flush-to-zero on". Each replay puts it back. On the host alone.
  virtual std::string fp_change() const { return {}; }
  // Seconds of the latest replay by the clock of whoever did the work, where that is not ours; else
  // NaN. `doubt`: by how many seconds the two may differ although both are right.
  virtual double claim() const { return std::numeric_limits<double>::quiet_NaN(); }
  virtual double doubt() const { return 0; }
};

class Substrate {
 public:
  virtual ~Substrate() = default;
  virtual const Device& device() const = 0;
  virtual NativeDevice native() const { return {}; }
  // The substrate whose memory this is: what works on one memory works on the same sets.
  virtual Substrate& memory() { return *this; }
  // Whether an engine does the work, in a process of its own.
  virtual bool is_worker() const { return false; }

  // Memory of the device, aligned to 256 bytes, contents undefined. Throws OutOfMemory. An address
  // is opaque outside the device; arithmetic on it is allowed. `bytes` 0 gives a valid address.
  virtual void* allocate(int64_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  // These are done on return. Ranges lie inside one allocation. Each throws std::runtime_error with
  // the device's words, also for what work before it did wrong.
  virtual void write(void* to, const void* from_host, int64_t bytes) = 0;
  virtual void read(void* to_host, const void* from, int64_t bytes) = 0;
  virtual void fill(void* to, uint8_t byte, int64_t bytes) = 0;
  virtual void copy(void* to, const void* from, int64_t bytes) = 0;

  // Records what `work` enqueues on the stream that it is given. Throws BrokenContract for what no
  // launch may be. Devices call `work` once, here.
  // The host calls it at each replay, where it may do something else each time.
  virtual std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) = 0;
};

// Owns one allocation.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Substrate& substrate, int64_t bytes)
      : substrate_(&substrate), address_(substrate.allocate(bytes)), bytes_(bytes) {}
  Buffer(Buffer&& other) noexcept
      : substrate_(other.substrate_),
        address_(std::exchange(other.address_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(substrate_, other.substrate_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Buffer() {
    if (address_ != nullptr) substrate_->release(address_);
  }

  void* at(int64_t offset = 0) const { return static_cast<char*>(address_) + offset; }
  int64_t bytes() const { return bytes_; }
  explicit operator bool() const { return address_ != nullptr; }

 private:
  Substrate* substrate_ = nullptr;
  void* address_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATE_H_
