// What a body and its launch are written with. nvcc makes device code of them, a plain C++ compiler
// the emulator's code. A program holds both: each side has a namespace of its own inside
// poolbench::cuda (POOLBENCH_CUDA_SIDE).
#ifndef POOLBENCH_KERNELS_CUDA_LAUNCH_H_
#define POOLBENCH_KERNELS_CUDA_LAUNCH_H_

#include "kernels/family.h"
#include "kernels/fast_divisor.h"
#include "kernels/reduce.h"

#ifdef __CUDACC__
#include "kernels/cuda/device.cuh"
#define POOLBENCH_CUDA_SIDE cuda::inline device
#define POOLBENCH_DEVICE __device__ __forceinline__
#define POOLBENCH_UNROLL _Pragma("unroll")
#define POOLBENCH_STRING(text) #text
#define POOLBENCH_UNROLL_BY(count) _Pragma(POOLBENCH_STRING(unroll count))
#else
#include "kernels/cuda/emulator/emulator.h"
#define POOLBENCH_CUDA_SIDE cuda::inline emulated
#define POOLBENCH_DEVICE inline
#define POOLBENCH_UNROLL
#define POOLBENCH_UNROLL_BY(count)
#endif

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Blocks of a grid, all on x, where a launch may have 2^31 - 1. Kernels with more work walk it in
// steps of the whole grid.
constexpr int64_t kMaxBlocks = int64_t{1} << 30;
// Work items of the kernels that count them in 32 bits.
constexpr int64_t kMaxItems = (int64_t{1} << 31) - 1;

// Blocks of 256 threads for the largest device known. Predicted.
//
//   132 multiprocessors, 4.3 TB/s at 0.6 us: 20 KiB in flight each
//   kEnoughBlocks   2 each, 16 KiB of loads in flight a block: bandwidth is reached
//   kWantedBlocks   4 each: busy to the end
constexpr int64_t kWantedBlocks = 4 * 132, kEnoughBlocks = 2 * 132;

inline int64_t blocks_for(int64_t items, int threads) {
  const int64_t blocks = ceil_div(items, threads);
  return blocks < kMaxBlocks ? blocks : kMaxBlocks;
}

// Enqueues Body's work: `blocks` blocks, none is a launch of nothing. `args` and `scratch_bytes`
// say what the body may touch, which the emulator checks, and whether the body is left out.
template <class Body>
void launch(const PoolArgs& args, const typename Body::Params& params, int64_t blocks,
            [[maybe_unused]] void* stream, [[maybe_unused]] int64_t scratch_bytes = 0) {
#ifdef __CUDACC__
  if (args.idle != 0) return launch_idle<Body>(params, blocks, stream);
  launch_on_device<Body>(params, blocks, stream);
#else
  if (args.idle != 0) return;
  emulate<Body>(EmulatedMemory(args, scratch_bytes), params, blocks, next_launch_seed());
#endif
}

// Stops nvcc from hoisting expressions in `v` out of a loop.
POOLBENCH_DEVICE void do_not_hoist([[maybe_unused]] int32_t& v) {
#ifdef __CUDA_ARCH__
  asm volatile("" : "+r"(v));
#endif
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_LAUNCH_H_
