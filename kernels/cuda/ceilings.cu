// The ceilings of memory: the plainest kernels that move given bytes, four 16-byte loads in flight
// a thread. Nothing here computes a pool, so the emulator does not run it.
#include "kernels/cuda/cuda.h"
#include "kernels/cuda/launch.h"

namespace poolbench::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kInFlight = 4;
// Threads of a reduction, at least, be there fewer outputs: eight blocks a multiprocessor of 132.
// Predicted.
constexpr int64_t kReaders = 1 << 18;

__device__ __forceinline__ uint4 combine(uint4 a, uint4 b) {
  return {max(a.x, b.x), max(a.y, b.y), max(a.z, b.z), max(a.w, b.w)};
}

// A thread's i-th 16-byte unit: a block's threads are side by side in each of its kInFlight rows.
__device__ __forceinline__ int64_t unit(int i) {
  return (int64_t(blockIdx.x) * kInFlight + i) * kThreads + threadIdx.x;
}

// A pass that drops what it read stores it where its bits hash to one value in 2^32, so that no
// compiler leaves out the loads.
__device__ __forceinline__ void drop(uint4 v, uint4* write, int64_t writes) {
  const unsigned hash = (v.x ^ (v.y * 3) ^ (v.z * 5) ^ (v.w * 7)) * 0x85ebca6bu;
  if (hash == 0x12345679u && writes > 0) *write = v;
}

__global__ void __launch_bounds__(kThreads)
    copy_kernel(const uint4* __restrict__ read, int64_t reads, uint4* write, int64_t writes) {
  uint4 v[kInFlight] = {};
#pragma unroll
  for (int i = 0; i < kInFlight; ++i)
    if (unit(i) < reads) v[i] = __ldcs(read + unit(i));
#pragma unroll
  for (int i = 0; i < kInFlight; ++i)
    if (unit(i) < writes)
      __stcs(write + unit(i), v[i]);
    else
      drop(v[i], write, writes);
}

__global__ void __launch_bounds__(kThreads)
    read_kernel(const uint4* a, int64_t a_count, uint4* b, int64_t b_count) {
  uint4 v[kInFlight] = {};
#pragma unroll
  for (int i = 0; i < kInFlight; ++i) {
    const int64_t at = unit(i);
    if (at < a_count)
      v[i] = __ldcs(a + at);
    else if (at - a_count < b_count)
      v[i] = __ldcs(b + (at - a_count));
  }
  drop(combine(combine(v[0], v[1]), combine(v[2], v[3])), b, b_count);
}

// Of `walkers` threads, thread o combines units o, o + walkers, o + 2 * walkers, ... of `read` and
// writes unit o of `write`, if there is one.
__global__ void __launch_bounds__(kThreads)
    linear_reduce_kernel(const uint4* __restrict__ read, int64_t reads, uint4* write,
                         int64_t writes, int64_t walkers) {
  const int64_t o = int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (o >= walkers) return;
  uint4 best = {};
#pragma unroll 4
  for (int64_t i = o; i < reads; i += walkers) best = combine(best, __ldcs(read + i));
  if (o < writes)
    __stcs(write + o, best);
  else
    drop(best, write, writes);
}

unsigned blocks_of(int64_t count, int64_t a_block) { return unsigned(ceil_div(count, a_block)); }
int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

}  // namespace

void copy(const void* src, int64_t reads, void* dst, int64_t writes, void* stream) {
  const int64_t count = larger(reads, writes);
  if (count > 0)
    copy_kernel<<<blocks_of(count, kThreads * kInFlight), kThreads, 0, cudaStream_t(stream)>>>(
        static_cast<const uint4*>(src), reads, static_cast<uint4*>(dst), writes);
}

void read(const void* src, int64_t reads, void* dst, int64_t writes, void* stream) {
  const int64_t count = reads + writes;
  if (count > 0)
    read_kernel<<<blocks_of(count, kThreads * kInFlight), kThreads, 0, cudaStream_t(stream)>>>(
        static_cast<const uint4*>(src), reads, static_cast<uint4*>(dst), writes);
}

void linear_reduce(const void* src, int64_t reads, void* dst, int64_t writes, void* stream) {
  const int64_t walkers = larger(writes, smaller(reads, kReaders));
  if (walkers > 0)
    linear_reduce_kernel<<<blocks_of(walkers, kThreads), kThreads, 0, cudaStream_t(stream)>>>(
        static_cast<const uint4*>(src), reads, static_cast<uint4*>(dst), writes, walkers);
}

}  // namespace poolbench::cuda
