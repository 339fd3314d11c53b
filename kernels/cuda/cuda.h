// The CUDA family, on a device and on the CPU.
//
// A kernel is a body: a struct with a function template `run(Context&, const Params&)`, in a .cuh.
// device.cuh runs bodies as __global__ functions, emulator/ runs the same bodies on the CPU and
// checks them. family.h lists the kernels once for both.
#ifndef POOLBENCH_KERNELS_CUDA_CUDA_H_
#define POOLBENCH_KERNELS_CUDA_CUDA_H_

#include <span>

#include "kernels/family.h"

namespace poolbench::cuda {

// `stream` of a launch is a cudaStream_t. A launch that fails is seen by the next
// cudaGetLastError().
std::span<const Kernel> kernels();

// The same kernels on the CPU; `stream` is ignored. A launch throws EmulatorFault
// (kernels/cuda/emulator/emulator.h) where a body breaks a rule.
std::span<const Kernel> emulated_kernels();

// What memory can do, in units of 16 bytes: each reads the first `reads` of src and writes the
// first `writes` of dst, or drops what it read.
//
//   copy            a thread has four units: dst[i] = src[i], as far as either goes
//   read            reads dst too, and writes none of it (but what hashes to one value in 2^32)
//   linear_reduce   dst[i] = maximum of src[i], src[i + t], src[i + 2 t] ... over t threads, one an
//                   output, or as many as fill a device
void copy(const void* src, int64_t reads, void* dst, int64_t writes, void* stream);
void read(const void* src, int64_t reads, void* dst, int64_t writes, void* stream);
void linear_reduce(const void* src, int64_t reads, void* dst, int64_t writes, void* stream);

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_CUDA_H_
