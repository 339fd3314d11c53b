#include "kernels/cuda/cuda.h"
#include "kernels/cuda/family.h"

namespace poolbench::cuda {

#ifdef __CUDACC__
std::span<const Kernel> kernels() { return kKernels; }
#else
std::span<const Kernel> emulated_kernels() { return kKernels; }
#endif

}  // namespace poolbench::cuda
