// The device of aten.cpp: the host, or with POOLBENCH_ATEN_CUDA a CUDA device. The same source is
// built into two modules.
#ifndef POOLBENCH_HOST_PEERS_ATEN_DEVICE_H_
#define POOLBENCH_HOST_PEERS_ATEN_DEVICE_H_

#include <ATen/core/Tensor.h>

#include <utility>

#include "host/peers/peer.h"

#if POOLBENCH_ATEN_CUDA
#include <ATen/Context.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "host/substrates/cuda.h"
#else
#include <omp.h>

#include "host/substrates/host.h"
#endif

namespace poolbench {

// A device in ATen's terms and in ours.
struct AtenDevice {
  at::Device device;
  Substrate& substrate;
};

#if POOLBENCH_ATEN_CUDA

inline constexpr const char* kAtenName = "aten-cuda";
inline constexpr bool kAtenCuda = true;

inline std::vector<AtenDevice> aten_devices() {
  std::vector<AtenDevice> devices;
  const auto& substrates = cuda_substrates();
  // PyTorch would initialize its allocators at its first allocation, but our tensors have memory.
  at::globalContext().lazyInitDevice(at::kCUDA);
  for (const auto& substrate : substrates)
    devices.push_back({at::Device(at::kCUDA, c10::DeviceIndex(devices.size())), *substrate});
  return devices;
}

// Runs ATen's work on a given stream. Memory that ATen allocates meanwhile comes from a pool of
// this object, because a recording keeps using it; the caching allocator would give it to others.
class AtenRunner {
 public:
  explicit AtenRunner(at::Device device)
      : device_(device.index()), pool_(at::cuda::graph_pool_handle()) {}
  AtenRunner(const AtenRunner&) = delete;
  ~AtenRunner() {
    for (; uses_ > 0; --uses_) c10::cuda::CUDACachingAllocator::releasePool(device_, pool_);
  }

  template <class Work>
  void run(Stream stream, Work&& work) {
    const auto cuda_stream = static_cast<cudaStream_t>(stream);
    const c10::cuda::CUDAStreamGuard guard(c10::cuda::getStreamFromExternal(cuda_stream, device_));
    const Allocating allocating(*this, cuda_stream);
    work();
  }
  // Runs the work now and waits.
  template <class Work>
  void run_now(Work&& work) {
    const auto stream = c10::cuda::getStreamFromPool(false, device_);
    run(stream.stream(), work);
    stream.synchronize();
  }

 private:
  struct Allocating {
    Allocating(AtenRunner& runner, cudaStream_t stream) : runner(runner) {
      c10::cuda::CUDACachingAllocator::beginAllocateToPool(
          runner.device_, runner.pool_, [stream](cudaStream_t other) { return other == stream; });
      ++runner.uses_;
    }
    Allocating(const Allocating&) = delete;
    ~Allocating() {
      c10::cuda::CUDACachingAllocator::endAllocateToPool(runner.device_, runner.pool_);
    }
    AtenRunner& runner;
  };

  c10::DeviceIndex device_;
  decltype(at::cuda::graph_pool_handle()) pool_;
  int64_t uses_ = 0;
};

#else

inline constexpr const char* kAtenName = "aten";
inline constexpr bool kAtenCuda = false;

inline std::vector<AtenDevice> aten_devices() { return {{at::kCPU, host_substrate()}}; }

// Runs ATen's work with as many threads as every other contender has.
class AtenRunner {
 public:
  explicit AtenRunner(at::Device) {}
  template <class Work>
  void run(Stream, Work&& work) {
    run_now(std::forward<Work>(work));
  }
  template <class Work>
  void run_now(Work&& work) {
    omp_set_num_threads(peer_threads());  // the part of at::set_num_threads() that affects pooling
    work();
  }
};

#endif

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_ATEN_DEVICE_H_
