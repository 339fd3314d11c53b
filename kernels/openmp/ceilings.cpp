// Linear passes over memory: the least time that a pooling of as many bytes can take.
//
// A thread walks an even, contiguous share, four vectors a step; `read` as several streams. Bound
// by memory alone.
#include <unistd.h>

#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr int64_t kBlock = 4 * kVectorBytes;
// Streams that a thread reads: 39 GB/s from memory, against 38 with one (Xeon, 2 threads,
// 2026-11-23).
constexpr int kStreams = 4;
using Bytes = Vec<int8_t, kVectorBytes>;
using Words = Vec<int32_t, kLanes<int32_t>>;

// Whether so many bytes exceed the last-level cache, so that stores had better bypass it.
bool beyond_caches(int64_t bytes) {
  static const int64_t last_level = sysconf(_SC_LEVEL3_CACHE_SIZE);
  return last_level > 0 && bytes > last_level;
}

}  // namespace

void copy_bytes(void* dst, const void* src, int64_t bytes) {
  const auto* from = static_cast<const int8_t*>(src);
  auto* to = static_cast<int8_t*>(dst);
  const bool past =
      beyond_caches(2 * bytes) && reinterpret_cast<uintptr_t>(dst) % kVectorBytes == 0;
  share(bytes / kBlock, 2 * bytes, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin * kBlock; at < end * kBlock; at += kBlock) {
      Bytes v[4];
      for (int i = 0; i < 4; ++i) v[i] = load_lanes<Bytes>(from + at + i * kVectorBytes);
      if (past)
        for (int i = 0; i < 4; ++i) stream(to + at + i * kVectorBytes, v[i]);
      else
        for (int i = 0; i < 4; ++i) {
          prefetch_store(to + at + i * kVectorBytes);
          store_lanes(to + at + i * kVectorBytes, v[i]);
        }
    }
  });
  const int64_t rest = bytes % kBlock;
  __builtin_memcpy(to + bytes - rest, from + bytes - rest, rest);
}

// Stores one vector a thread, so that the compiler keeps the loads.
void read_bytes(void* dst, const void* src, int64_t bytes) {
  const auto* from = static_cast<const int32_t*>(src);
  constexpr int64_t kWords = kBlock / 4;
  share(bytes / kBlock, bytes, [&](int64_t begin, int64_t end) {
    Words sum[4] = {};
    const int64_t stream = (end - begin) / kStreams * kWords;
    for (int64_t at = begin * kWords; at < begin * kWords + stream; at += kWords)
      for (int s = 0; s < kStreams; ++s)
        for (int i = 0; i < 4; ++i) {
          const int32_t* words = from + at + s * stream + i * kWords / 4;
          prefetch_load(words);
          sum[i] |= load_lanes<Words>(words);
        }
    for (int64_t at = begin * kWords + kStreams * stream; at < end * kWords; at += kWords)
      for (int i = 0; i < 4; ++i) sum[i] |= load_lanes<Words>(from + at + i * kWords / 4);
    store_some(static_cast<int32_t*>(dst) + begin * kWords, (sum[0] | sum[1]) | (sum[2] | sum[3]),
               1);
  });
}

void reduce_bytes(void* dst, const void* src, int64_t bytes_read, int64_t bytes_written) {
  const auto* from = static_cast<const int32_t*>(src);
  auto* to = static_cast<int32_t*>(dst);
  constexpr int64_t N = kLanes<int32_t>;
  const int64_t in = bytes_read / kVectorBytes, out = bytes_written / kVectorBytes;
  const int64_t whole = out > 0 ? in / out : 0, rest = out > 0 ? in % out : 0;
  share(out, bytes_read + bytes_written, [&](int64_t begin, int64_t end) {
    // Vector o is the maximum of input vectors [o * in / out, (o + 1) * in / out).
    int64_t at = begin * whole + int64_t(__int128{begin} * rest / out);
    int64_t part = int64_t(__int128{begin} * rest % out);
    for (int64_t o = begin; o < end; ++o) {
      int64_t next = at + whole;
      part += rest;
      if (part >= out) {
        part -= out;
        ++next;
      }
      Words v = {};
      for (; at < next; ++at) {
        prefetch_load(from + at * N);
        v = winner<Largest>(load_lanes<Words>(from + at * N), v);
      }
      prefetch_store(to + o * N);
      store_lanes(to + o * N, v);
    }
  });
}

}  // namespace poolbench::openmp::POOLBENCH_ISA
