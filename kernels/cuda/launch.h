// What a body and its launch are written with, whichever compiler reads them: nvcc makes device
// code of them, a plain C++ compiler the emulator's.
#ifndef POOLBENCH_KERNELS_CUDA_LAUNCH_H_
#define POOLBENCH_KERNELS_CUDA_LAUNCH_H_

#include "kernels/family.h"
#include "kernels/reduce.h"

#ifdef __CUDACC__
#include "kernels/cuda/device.cuh"
#define POOLBENCH_DEVICE __device__ __forceinline__
#define POOLBENCH_UNROLL _Pragma("unroll")
#define POOLBENCH_STRING(text) #text
#define POOLBENCH_UNROLL_BY(count) _Pragma(POOLBENCH_STRING(unroll count))
#else
#include "kernels/cuda/emulator/emulator.h"
#define POOLBENCH_DEVICE inline
#define POOLBENCH_UNROLL
#define POOLBENCH_UNROLL_BY(count)
#endif

namespace poolbench {

#ifdef __CUDACC__
using Launcher = DeviceLauncher;
#else
using Launcher = EmulatedLauncher;
#endif

// Blocks of a grid, all on x, where a launch may have 2^31 - 1. Kernels that take more work than
// that walk it in steps of the whole grid.
constexpr int64_t kMaxBlocks = int64_t{1} << 30;
// Blocks of 256 threads that keep the largest device known (132 multiprocessors) busy to the end,
// and those that already have enough loads in flight: two of 16 KiB each a multiprocessor, where 20
// KiB are needed (4.3 TB/s, 0.6 us). Predicted.
constexpr int64_t kWantedBlocks = 4 * 132, kEnoughBlocks = 2 * 132;
// Work items of the kernels that count them in 32 bits.
constexpr int64_t kMaxItems = (int64_t{1} << 31) - 1;

inline int64_t blocks_for(int64_t items, int threads) {
  const int64_t blocks = ceil_div(items, threads);
  return blocks < kMaxBlocks ? blocks : kMaxBlocks;
}

// Division of n in [0, 2^31) by a number known at launch: a multiplication and a shift (Granlund
// and Montgomery 1994, figure 4.1).
struct FastDivisor {
  uint32_t divisor = 1;
  uint32_t factor = 1;
  uint32_t shift = 0;

  FastDivisor() = default;
  explicit FastDivisor(int64_t d) : divisor(uint32_t(d)) {
    while ((uint64_t{1} << shift) < divisor) ++shift;
    factor = uint32_t((((uint64_t{1} << shift) - divisor) << 32) / divisor + 1);
  }
  POOLBENCH_DEVICE uint32_t divide(uint32_t n) const {
#ifdef __CUDA_ARCH__
    return (__umulhi(n, factor) + n) >> shift;
#else
    return (uint32_t((uint64_t{n} * factor) >> 32) + n) >> shift;
#endif
  }
  // The quotient; n becomes the rest.
  POOLBENCH_DEVICE uint32_t split(uint32_t& n) const {
    const uint32_t quotient = divide(n);
    n -= quotient * divisor;
    return quotient;
  }
};

// A number's places on axes of which the fastest is asked for first; `left` is of those to come.
struct Places {
  uint32_t left;

  POOLBENCH_DEVICE int32_t next(const FastDivisor& extent) {
    uint32_t place = left;
    left = extent.split(place);
    return int32_t(place);
  }
};

// Keeps nvcc from working out in front of a loop what depends on `v` inside it.
POOLBENCH_DEVICE void keep_here([[maybe_unused]] int32_t& v) {
#ifdef __CUDA_ARCH__
  asm volatile("" : "+r"(v));
#endif
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_LAUNCH_H_
