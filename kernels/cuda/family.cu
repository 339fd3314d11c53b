#include "kernels/cuda/cuda.h"
#include "kernels/cuda/family.h"
#include "kernels/cuda/launch.h"

namespace poolbench {

#ifdef __CUDACC__
std::span<const Kernel> cuda_kernels() { return kCudaKernels<DeviceLauncher>; }
#else
std::span<const Kernel> cuda_emulated_kernels() { return kCudaKernels<EmulatedLauncher>; }
#endif

}  // namespace poolbench
