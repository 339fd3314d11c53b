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

// What memory can do: `read` and `write` are touched once each, with 16-byte accesses. Counts are
// in 16-byte units.
//
//   copy            write[i] = read[i]
//   read            reads both ranges; writes nothing unless the data hashes to one value in 2^32
//   linear_reduce   write[i] = bitwise maximum of read[i], read[i + writes], ...: one pass, r to 1
void copy(const void* read, void* write, int64_t count, void* stream);
void read(const void* a, int64_t a_count, const void* b, int64_t b_count, void* sink, void* stream);
void linear_reduce(const void* read, int64_t reads, void* write, int64_t writes, void* stream);

}  // namespace poolbench::cuda

#endif  // POOLBENCH_KERNELS_CUDA_CUDA_H_
