// The family's ordered list of kernels, written once for the device and for the emulator.
#ifndef POOLBENCH_KERNELS_CUDA_FAMILY_H_
#define POOLBENCH_KERNELS_CUDA_FAMILY_H_

#include "kernels/pool_args.h"

namespace poolbench {

// `Launch` is DeviceLauncher or EmulatedLauncher. Each is defined in the kernel's .cuh and
// instantiated in its .cu, which both nvcc and the C++ compiler read.
template <class Launch>
void launch_table(const PoolArgs& args, void* stream);

template <class Launch>
inline constexpr Kernel kCudaKernels[] = {
    {"table", "windows from the tables, an output a thread", takes_everything,
     launch_table<Launch>},
};

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_FAMILY_H_
