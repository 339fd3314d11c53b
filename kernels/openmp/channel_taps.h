// Channels last: one output, two one below the other, or two more beside them, from the rows of
// their windows, in registers, with vectors along the channels.
#ifndef POOLBENCH_KERNELS_OPENMP_CHANNEL_TAPS_H_
#define POOLBENCH_KERNELS_OPENMP_CHANNEL_TAPS_H_

#include <type_traits>

#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {

constexpr int64_t kMaxRows = 64;  // of a window; kAllowedPlainTerms allows no more

// The input rows of an output row, or of two: where each begins. Rows before `both` belong to the
// upper output alone, those from `lower` on to the lower one.
template <class Op>
struct RowStarts {
  const typename Op::Element* row[kMaxRows];
  int64_t both = 0, lower = 0, end = 0;
  int64_t pixel;  // elements of one
};

// The taps of an output on the W axis, from column x on. kTaps: their count where it is known at
// compile time, else 0. The last kAhead of them prefetch what comes `ahead` elements later; all do
// where kTaps is 0.
template <int kTaps, int kAhead>
struct ColumnTaps {
  static constexpr int kFresh = kAhead;
  int64_t x, count, step, ahead;
};

// Merges into `all` the taps of row r, for kV vectors from channel c on. kIsFirst: the first tap
// takes the place of what `all` holds; kTaps is known then.
template <bool kIsFirst, class Op, int kV, int kTaps, int kAhead>
POOLBENCH_INLINE void add_row(const Op& op, const RowStarts<Op>& in, int64_t r,
                              ColumnTaps<kTaps, kAhead> taps, int64_t c,
                              typename Op::V (&all)[kV]) {
  using V = typename Op::V;
  constexpr bool kNested = Op::kSum && kTaps == 0;
  const int64_t step = taps.step * in.pixel;
  const auto* at = in.row[r] + taps.x * in.pixel + c;
  V row[kV];
#pragma GCC unroll 4
  for (int v = 0; v < kV && !kIsFirst; ++v) row[v] = kNested ? Op::identity() : all[v];
  const auto add = [&](bool first, bool fresh) POOLBENCH_INLINE_LAMBDA {
#pragma GCC unroll 4
    for (int v = 0; v < kV; ++v) {
      if (fresh) __builtin_prefetch(at + v * Op::N + taps.ahead);
      const V next = op.load(at + v * Op::N);
      row[v] = first ? next : Op::merge(next, row[v]);
    }
    at += step;
  };
  if constexpr (kTaps != 0) {
#pragma GCC unroll 4
    for (int i = 0; i < kTaps; ++i) add(kIsFirst && i == 0, i >= kTaps - kAhead);
  } else {
    for (int64_t i = 0; i < taps.count; ++i) add(false, kAhead != 0);
  }
#pragma GCC unroll 4
  for (int v = 0; v < kV; ++v) all[v] = kNested ? Op::merge(row[v], all[v]) : row[v];
}

// Merges into `all` the taps of rows [begin, end).
template <class Op, int kV, class Columns>
POOLBENCH_INLINE void add_rows(const Op& op, const RowStarts<Op>& in, int64_t begin, int64_t end,
                               Columns taps, int64_t c, typename Op::V (&all)[kV]) {
  for (int64_t r = begin; r < end; ++r) add_row<false>(op, in, r, taps, c, all);
}

// Reduces the taps of rows [begin, end). The first tap needs no merge with the identity. Times as
// fast as with it, f32, EPYC (Zen 5), 2 threads, 2026-11-30, in two runs:
//
//                           from memory     in cache
//   512x28x28 max 2x2       1.03            1.1, 1.5
//   512x28x28 average 2x2   1.01, 1.07      1.03, 1.5
//   64x224x224 max 2x2      1.13, 1.16      1.0, 1.15
//   1280x8x8 average 3x3    1.1             1.15, 1.25
//   64x112x112 max 3x3 s2   1.03            1.0
template <class Op, int kV, int kTaps, int kAhead>
POOLBENCH_INLINE void reduce_rows(const Op& op, const RowStarts<Op>& in, int64_t begin, int64_t end,
                                  ColumnTaps<kTaps, kAhead> taps, int64_t c,
                                  typename Op::V (&all)[kV]) {
  if (kTaps == 0 || begin == end) {
#pragma GCC unroll 4
    for (int v = 0; v < kV; ++v) all[v] = Op::identity();
    return add_rows(op, in, begin, end, taps, c, all);
  }
  add_row<true>(op, in, begin, taps, c, all);
  add_rows(op, in, begin + 1, end, taps, c, all);
}

// Calls f(c, std::integral_constant kV) for kV vectors from channel c on: four at a time, then what
// is left.
template <class Op, class F>
POOLBENCH_INLINE void for_channels(int64_t channels, const F& f) {
  int64_t c = 0;
  for (; c + 4 * Op::N <= channels; c += 4 * Op::N) f(c, std::integral_constant<int, 4>());
  if (c + 2 * Op::N <= channels) {
    if (c + 3 * Op::N <= channels) {
      f(c, std::integral_constant<int, 3>());
      c += 3 * Op::N;
    } else {
      f(c, std::integral_constant<int, 2>());
      c += 2 * Op::N;
    }
  }
  for (; c < channels; c += Op::N)
    f(smaller(c, channels - Op::N), std::integral_constant<int, 1>());
}

// Where two or more of a window's columns are new, an output takes at most a quarter of the bytes
// that were read for it. Without prefetching it 512x28x28 max 2x2 takes 0.94 of the time in cache,
// 64x112x112 max 3x3 s2 0.97 both in cache and from memory (f32, EPYC (Zen 5), 2 threads,
// 2026-11-30).
template <class Columns>
constexpr bool kPrefetchesStores = Columns::kFresh < 2;

// One output, and with kPair the one below it, dst_row elements later.
template <class Op, bool kPair, class Columns>
POOLBENCH_INLINE void pool_taps(const Op& op, const RowStarts<Op>& in, Columns taps,
                                typename Op::Element* dst, int64_t dst_row,
                                RowScale<typename Op::Weight> upper,
                                RowScale<typename Op::Weight> lower) {
  using V = typename Op::V;
  for_channels<Op>(in.pixel, [&](int64_t c, auto count) POOLBENCH_INLINE_LAMBDA {
    constexpr int kV = count;
    V both[kV], all[kV];
    if (kPair) reduce_rows(op, in, in.both, in.lower, taps, c, both);
    const auto put = [&](int64_t begin, int64_t end, auto* to, auto scale) POOLBENCH_INLINE_LAMBDA {
      if (kPair) {
#pragma GCC unroll 4
        for (int v = 0; v < kV; ++v) all[v] = both[v];
        add_rows(op, in, begin, end, taps, c, all);
      } else {
        reduce_rows(op, in, begin, end, taps, c, all);
      }
#pragma GCC unroll 4
      for (int v = 0; v < kV; ++v, to += Op::N) {
        if (kPrefetchesStores<Columns>) prefetch_store(to);
        store_lanes(to, op.finish(all[v], scale, int(Op::N)));
      }
    };
    put(0, in.both, dst + c, upper);
    if (kPair) put(in.lower, in.end, dst + dst_row + c, lower);
  });
}

// Two outputs side by side whose windows of three columns hold two of the four in common, and with
// kPair the two below them.
template <class Op, bool kPair, class Columns>
POOLBENCH_INLINE void pool_two(const Op& op, const RowStarts<Op>& in, Columns taps,
                               typename Op::Element* dst, int64_t dst_row,
                               RowScale<typename Op::Weight> upper,
                               RowScale<typename Op::Weight> lower) {
  using V = typename Op::V;
  constexpr int kColumns = 4;
  const auto pool = [&](int64_t c, auto count) POOLBENCH_INLINE_LAMBDA {
    constexpr int kV = count;
    using Sums = V[kColumns][kV];
    const auto add_row = [&](int64_t r, auto is_first, Sums& all) POOLBENCH_INLINE_LAMBDA {
      const auto* at = in.row[r] + taps.x * in.pixel + c;
#pragma GCC unroll 4
      for (int i = 0; i < kColumns; ++i, at += in.pixel) {
#pragma GCC unroll 2
        for (int v = 0; v < kV; ++v) {
          if (i >= kColumns - 2 * Columns::kFresh) __builtin_prefetch(at + v * Op::N + taps.ahead);
          const V next = op.load(at + v * Op::N);
          all[i][v] = is_first ? next : Op::merge(next, all[i][v]);
        }
      }
    };
    const auto add = [&](int64_t begin, int64_t end, Sums& all) POOLBENCH_INLINE_LAMBDA {
      for (int64_t r = begin; r < end; ++r) add_row(r, std::false_type(), all);
    };
    const auto reduce = [&](int64_t begin, int64_t end, Sums& all) POOLBENCH_INLINE_LAMBDA {
      if (begin == end) {
        for (auto& column : all)
          for (V& v : column) v = Op::identity();
        return;
      }
      add_row(begin, std::true_type(), all);
      add(begin + 1, end, all);
    };
    Sums both, all;
    if (kPair) reduce(in.both, in.lower, both);
    const auto put = [&](int64_t begin, int64_t end, auto* to, auto scale) POOLBENCH_INLINE_LAMBDA {
      if (kPair) {
#pragma GCC unroll 4
        for (int i = 0; i < kColumns; ++i)
#pragma GCC unroll 2
          for (int v = 0; v < kV; ++v) all[i][v] = both[i][v];
        add(begin, end, all);
      } else {
        reduce(begin, end, all);
      }
#pragma GCC unroll 2
      for (int v = 0; v < kV; ++v, to += Op::N) {
        const V middle = Op::merge(all[1][v], all[2][v]);
        prefetch_store(to);
        prefetch_store(to + in.pixel);
        store_lanes(to, op.finish(Op::merge(all[0][v], middle), scale, int(Op::N)));
        store_lanes(to + in.pixel, op.finish(Op::merge(middle, all[3][v]), scale, int(Op::N)));
      }
    };
    put(0, in.both, dst + c, upper);
    if (kPair) put(in.lower, in.end, dst + dst_row + c, lower);
  };
  int64_t c = 0;
  if constexpr (sizeof(V) == 64)  // with 32 registers
    for (; c + 2 * Op::N <= in.pixel; c += 2 * Op::N) pool(c, std::integral_constant<int, 2>());
  for (; c < in.pixel; c += Op::N)
    pool(smaller(c, in.pixel - Op::N), std::integral_constant<int, 1>());
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_CHANNEL_TAPS_H_
