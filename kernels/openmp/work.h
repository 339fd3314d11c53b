// How the kernels of this folder share work among threads, and what they read of a problem.
#ifndef POOLBENCH_KERNELS_OPENMP_WORK_H_
#define POOLBENCH_KERNELS_OPENMP_WORK_H_

#include <omp.h>

#include "kernels/openmp/isa.h"
#include "kernels/openmp/ops.h"
#include "kernels/reduce.h"

namespace poolbench::POOLBENCH_ISA {

// Below this many bytes (src and dst) one thread is done before two have begun. Channels last, f32,
// hot and cold us, of one thread and two: 2x2 46 kB 0.47, 4.1 and 1.62, 3.3; 82 kB 0.99, 6.3 and
// 1.80, 4.8; 3x3 s1 33 kB 0.69, 2.3 and 1.60, 2.8; 131 kB 2.78, 9.3 and 2.79, 7.5 (reference
// machine: 2 vCPU Xeon, 2026-11-23).
constexpr int64_t kSerialBytes = 64 << 10;

// f(begin, end) on every thread for its even share of [0, units).
template <class F>
POOLBENCH_INLINE void share(int64_t units, int64_t bytes, const F& f) {
  if (units <= 1 || bytes < kSerialBytes || omp_get_max_threads() == 1) {
    if (units > 0) f(int64_t{0}, units);
    return;
  }
#pragma omp parallel
  {
    const int64_t team = omp_get_num_threads(), me = omp_get_thread_num();
    const int64_t begin = units / team * me + (me < units % team ? me : units % team);
    const int64_t end = begin + units / team + (me < units % team ? 1 : 0);
    if (begin < end) f(begin, end);
  }
}

// Has the line that will be stored to a little after `at` brought near: the hardware foresees reads
// better than stores, which then wait for memory. From memory a copy moves 23 GB/s without it and
// 31 with it, `rows` takes 64x147x147 3x3 s1 in 519 us and 309, `channels` 1024x17x17 in three
// quarters; with stride 2 it gains little, in L2 nothing (f32, Xeon, 2 threads, 2026-11-23).
constexpr int64_t kAheadBytes = 2048;
template <class T>
POOLBENCH_INLINE void ask_to_store(T* at) {
  __builtin_prefetch(at + kAheadBytes / int64_t(sizeof(T)), 1);
}
// The same for what will be loaded: reading in order alone moves 32 GB/s from memory and 38 asked
// for so (with 1 KiB ahead 36, with 4 or 8 as with 2; copying it slows down, from 34 to 32). From
// memory `rows` gain a twelfth, `whole` channels first a tenth to a third, windows apart in `folds`
// as much; in cache it costs or gains a twentieth. In `indices` it helps nothing.
template <class T>
POOLBENCH_INLINE void ask_to_load(const T* at) {
  __builtin_prefetch(at + kAheadBytes / int64_t(sizeof(T)));
}

// The problem with channels last and one channel read as channels first: the same memory.
struct Shape {
  int64_t planes;  // runs of memory that hold whole planes: n * c, or n with channels last
  int64_t unit;    // elements of a pixel: 1, or c with channels last
  int64_t src_size, dst_size;  // elements of such a run
};

inline Shape shape_of(const Shapes& args) {
  const bool last = Layout(args.layout) == Layout::kChannelsLast && args.c != 1;
  const int64_t unit = last ? args.c : 1;
  return {last ? args.n : args.n * args.c, unit,
          args.axis[0].src * args.axis[1].src * args.axis[2].src * unit,
          args.axis[0].dst * args.axis[1].dst * args.axis[2].dst * unit};
}

template <class Op>
int64_t bytes_moved(const Shape& shape) {
  return shape.planes * (shape.src_size + shape.dst_size) * int64_t(sizeof(typename Op::Element));
}

POOLBENCH_INLINE constexpr int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
POOLBENCH_INLINE constexpr int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

// Counts output rows (plane, od, oh) up from a given one.
struct RowCounter {
  int64_t plane, od, oh;
  RowCounter(const Shapes& args, int64_t row)
      : plane(row / (args.axis[0].dst * args.axis[1].dst)),
        od(row / args.axis[1].dst % args.axis[0].dst),
        oh(row % args.axis[1].dst) {}
  POOLBENCH_INLINE void next(const Shapes& args) {
    if (++oh < args.axis[1].dst) return;
    oh = 0;
    if (++od < args.axis[0].dst) return;
    od = 0;
    ++plane;
  }
};

// Outputs [begin, end) of the W axis, `unit` elements each, have whole windows; a table in the
// plan's scratch holds the weights of the others.
template <class Op>
struct ColumnWeights {
  int64_t begin = 0, end;
  typename Op::Weight* table = nullptr;

  ColumnWeights(const Op& op, const PoolArgs& args, int64_t unit = 1)
      : end(args.axis[2].dst * unit) {
    if (!op.counts_columns()) return;
    const Axis& axis = args.axis[2];
    const Window* windows = args.table[2].windows;
    const auto whole = [&](int64_t o) { return windows[o].count == axis.kernel; };
    int64_t first = 0, last = axis.dst;
    while (first < last && !whole(first)) ++first;
    while (last > first && !whole(last - 1)) --last;
    if (Windowing(args.windowing) == Windowing::kAdaptive) last = first;  // no order in these
    begin = first * unit;
    end = last * unit;
    if (first == 0 && last == axis.dst) return;
    auto* to = table = static_cast<typename Op::Weight*>(args.scratch);
    for (int64_t o = 0; o < axis.dst; ++o)
      for (int64_t i = 0; i < unit; ++i) *to++ = Op::column_weight(windows[o].count);
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
inline int64_t column_weights_bytes(const Shapes& shapes, int64_t unit = 1) {
  const Axis& axis = shapes.axis[2];
  const auto reduction = Reduction(shapes.reduction);
  if (is_extremum(reduction) || shapes.divisor != 0 || axis.dst == 0) return 0;
  if (reduction == Reduction::kLp && shapes.norm_mean == 0) return 0;
  const bool include_pad = reduction == Reduction::kAvgIncludePad;
  const auto whole = [&](int64_t o) {
    return sliding_window(axis, o, include_pad).count == axis.kernel;
  };
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
    case Windowing::kGlobal:
      if (whole(0) && whole(axis.dst - 1)) return 0;
      break;
    case Windowing::kFractional:  // always whole
      return 0;
    case Windowing::kAdaptive:
      break;
  }
  return (axis.dst * unit + kVectorBytes) * int64_t(sizeof(double));
}

inline const char* sliding_why_not(const Shapes& shapes) {
  return is_sliding(shapes) ? nullptr : "it takes sliding windows alone";
}

// Why sums with `terms` additions in a row would leave the error bound, or a window's sum the
// integer range, or null.
inline const char* terms_why_not(const Shapes& args, int64_t terms) {
  if (Reduction(args.reduction) == Reduction::kMax) return nullptr;
  if (terms > kMaxTerms) return "the window has too many taps to sum plainly";
  const bool integer = DType(args.dtype) == DType::kI8 || DType(args.dtype) == DType::kU8;
  int64_t taps = 1;
  for (const Axis& axis : args.axis) taps *= most_taps(args, axis);
  if (integer && Reduction(args.reduction) != Reduction::kLp && taps > kMaxIntegerTaps)
    return "16 bits do not hold the sum of so many taps";
  return nullptr;
}
// The terms of sums nested row by row.
inline int64_t nested_terms(const Shapes& args) {
  return most_taps(args, args.axis[0]) * most_taps(args, args.axis[1]) +
         most_taps(args, args.axis[2]);
}

}  // namespace poolbench::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_WORK_H_
