#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "host/substrates/host.h"
#include "kernels/cuda/cuda.h"

namespace poolbench {
namespace {

// The CUDA kernels on the CPU, with every access checked. Shows that they are right; says nothing
// about their speed.
class CudaEmulatedBackend : public KernelListBackend {
 public:
  CudaEmulatedBackend()
      : KernelListBackend("cuda-emulated", host_substrate(), cuda::emulated_kernels()) {}
  bool timeable() const override { return false; }
};

}  // namespace

std::vector<std::unique_ptr<Backend>> open_cuda_emulated(const BackendOptions&) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<CudaEmulatedBackend>());
  return backends;
}

}  // namespace poolbench
