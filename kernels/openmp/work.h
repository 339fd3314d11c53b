// How the kernels of this folder share work among threads, prefetch, and read a problem.
#ifndef POOLBENCH_KERNELS_OPENMP_WORK_H_
#define POOLBENCH_KERNELS_OPENMP_WORK_H_

#include <omp.h>

#include "kernels/openmp/isa.h"
#include "kernels/openmp/ops.h"
#include "kernels/reduce.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// Below this many bytes (src and dst) one thread works alone: waking a second one takes longer.
// Xeon with AVX-512, 2 vCPUs, 2026-11-23, channels last, f32; us, hot / cold:
//
//   window   bytes     1 thread      2 threads
//   2x2       46 kB    0.47 / 4.1    1.62 / 3.3
//   2x2       82 kB    0.99 / 6.3    1.80 / 4.8
//   3x3 s1    33 kB    0.69 / 2.3    1.60 / 2.8
//   3x3 s1   131 kB    2.78 / 9.3    2.79 / 7.5
constexpr int64_t kSerialBytes = 64 << 10;

// Calls f(begin, end) on every thread for its even share of [0, items).
template <class F>
POOLBENCH_INLINE void share(int64_t items, int64_t bytes, const F& f) {
  if (items <= 1 || bytes < kSerialBytes || omp_get_max_threads() == 1) {
    if (items > 0) f(int64_t{0}, items);
    return;
  }
#pragma omp parallel
  {
    const int64_t team = omp_get_num_threads(), me = omp_get_thread_num();
    const int64_t begin = items / team * me + (me < items % team ? me : items % team);
    const int64_t end = begin + items / team + (me < items % team ? 1 : 0);
    if (begin < end) f(begin, end);
  }
}

// The same team with nothing to do.
__attribute__((noinline)) inline void share_nothing(int64_t items, int64_t bytes) {
  share(items, bytes, [](int64_t, int64_t) {});
}
// A kernel's work. The floor costs a branch a launch.
template <class F>
POOLBENCH_INLINE void share(const PoolArgs& args, int64_t items, int64_t bytes, const F& f) {
  if (args.idle != 0) return share_nothing(items, bytes);
  share(items, bytes, f);
}

// Prefetches for writing the cache line 2 KiB ahead of `at`. Hardware prefetchers follow loads
// better than stores, which then wait for memory. Xeon, f32, 2 threads, 2026-11-23, from memory:
//
//                              without       with
//   copy                       23 GB/s       31 GB/s
//   rows, 64x147x147 3x3 s1    519 us        309 us
//   channels, 1024x17x17       1             0.75 (ratio of times)
//
// With stride 2 it gains little, in L2 nothing.
constexpr int64_t kAheadBytes = 2048;
template <class T>
POOLBENCH_INLINE void prefetch_store(T* at) {
  __builtin_prefetch(at + kAheadBytes / int64_t(sizeof(T)), 1);
}
// The same for reading. Xeon, f32, 2 threads, 2026-11-23, from memory:
//
//                           without    1 KiB    2 KiB    4 or 8 KiB ahead
//   reading in order        32 GB/s    36       38       38
//   copy                    34 GB/s             32
//
//   rows                    1/12 faster
//   whole, channels first   1/10 to 1/3 faster
//   folds, windows apart    1/10 to 1/3 faster
//   indices                 no change
//
// In cache it costs or gains a twentieth.
template <class T>
POOLBENCH_INLINE void prefetch_load(const T* at, int64_t ahead = kAheadBytes / int64_t(sizeof(T))) {
  __builtin_prefetch(at + ahead);
}

// How the tensors lie in memory, as runs that hold whole planes. Channels last with one channel is
// read as channels first, which is the same memory.
struct Storage {
  int64_t planes;              // runs: n * c, or n with channels last
  int64_t pixel_size;          // elements: 1, or c with channels last
  int64_t src_size, dst_size;  // elements of a run
};

inline Storage storage_of(const Shapes& shapes) {
  const bool last = Layout(shapes.layout) == Layout::kChannelsLast && shapes.c != 1;
  const int64_t pixel_size = last ? shapes.c : 1;
  return {last ? shapes.n : shapes.n * shapes.c, pixel_size, src_plane_size(shapes) * pixel_size,
          dst_plane_size(shapes) * pixel_size};
}

template <class Op>
int64_t bytes_moved(const Storage& storage) {
  return storage.planes * (storage.src_size + storage.dst_size) *
         int64_t(sizeof(typename Op::Element));
}

POOLBENCH_INLINE constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
POOLBENCH_INLINE constexpr int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Counts output rows (plane, od, oh) up from a given one.
struct RowCounter {
  int64_t plane, od, oh;
  RowCounter(const Shapes& shapes, int64_t row)
      : plane(row / (shapes.axis[0].dst * shapes.axis[1].dst)),
        od(row / shapes.axis[1].dst % shapes.axis[0].dst),
        oh(row % shapes.axis[1].dst) {}
  POOLBENCH_INLINE void next(const Shapes& shapes) {
    if (++oh < shapes.axis[1].dst) return;
    oh = 0;
    if (++od < shapes.axis[0].dst) return;
    od = 0;
    ++plane;
  }
};

// What windows that are cut on the W axis count there. Outputs [begin, end), in elements of
// `pixel_size`, have whole windows; the counts of the others stand in the launch's scratch.
template <class Op>
struct ColumnWeights {
  int64_t begin = 0, end;
  typename Op::Weight* table = nullptr;

  ColumnWeights(const Op& op, const PoolArgs& args, int64_t pixel_size = 1)
      : end(args.axis[2].dst * pixel_size) {
    if (!op.counts_columns()) return;
    const Axis& axis = args.axis[2];
    const Window* windows = args.table[2].windows;
    const auto whole = [&](int64_t o) { return windows[o].count == axis.kernel; };
    int64_t first = 0, last = axis.dst;
    while (first < last && !whole(first)) ++first;
    while (last > first && !whole(last - 1)) --last;
    if (Windowing(args.windowing) == Windowing::kAdaptive) last = first;  // whole ones lie anywhere
    begin = first * pixel_size;
    end = last * pixel_size;
    if (first == 0 && last == axis.dst) return;
    auto* to = table = static_cast<typename Op::Weight*>(args.scratch);
    for (int64_t o = 0; o < axis.dst; ++o)
      for (int64_t i = 0; i < pixel_size; ++i) *to++ = Op::column_weight(windows[o].count);
    for (int i = 0; i < kVectorBytes; ++i) *to++ = 0;  // lanes past a row
  }

  // The elements of outputs [o, o + lanes).
  POOLBENCH_INLINE typename Op::E finish(const Op& op, typename Op::V v, int64_t o, int64_t lanes,
                                         RowScale<typename Op::Weight> scale) const {
    if constexpr (Op::kSum)
      if (o < begin || o + lanes > end) return op.finish(v, table + o, scale, int(lanes));
    return op.finish(v, scale, int(lanes));
  }
};

// The scratch that ColumnWeights fills, where it has windows that are cut.
inline int64_t column_weights_bytes(const Shapes& shapes, int64_t pixel_size) {
  const auto reduction = Reduction(shapes.reduction);
  if (is_extreme(reduction) || shapes.divisor != 0) return 0;
  if (reduction == Reduction::kLp && shapes.norm_mean == 0) return 0;
  return (shapes.axis[2].dst * pixel_size + kVectorBytes) * int64_t(sizeof(double));
}
inline int64_t column_weights_bytes(const Shapes& shapes) {
  return column_weights_bytes(shapes, 1);
}

// Refuses windows whose sum, with `terms` additions in a row, would leave the error bound or the
// 16 bits that bytes are summed in.
inline Refusal refuse_terms(const Shapes& shapes, int64_t terms) {
  const auto reduction = Reduction(shapes.reduction);
  if (is_extreme(reduction)) return {};
  if (terms > kAllowedPlainTerms)
    return {window_parameter(shapes), "the window is too large for a plain sum"};
  int64_t taps = 1;
  for (const Axis& axis : shapes.axis) taps *= most_taps(shapes, axis);
  if (kByteTypes.has(DType(shapes.dtype)) && is_average(reduction) && taps > kMaxIntegerTaps)
    return {window_parameter(shapes), "takes up to 128 taps of i8 and u8"};
  return {};
}
// The terms of sums nested row by row.
inline int64_t nested_terms(const Shapes& shapes) {
  return most_taps(shapes, shapes.axis[0]) * most_taps(shapes, shapes.axis[1]) +
         most_taps(shapes, shapes.axis[2]);
}

constexpr const char* kChannelsFirstAlone = "takes nchw, or one channel";
constexpr const char* kChannelsLastAlone = "takes nhwc with more than one channel";

// Refuses fractional windows of channels last, which differ between the channels of a pixel.
inline Refusal refuse_uneven_channels(const Shapes& shapes) {
  if (Windowing(shapes.windowing) != Windowing::kFractional || storage_of(shapes).pixel_size == 1)
    return {};
  return {Parameter::kWindowing, "takes windows that are the same for all channels"};
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_WORK_H_
