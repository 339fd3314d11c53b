// The input rows of an output row merged into one, column by column: `tile` and `folds`.
#ifndef POOLBENCH_KERNELS_OPENMP_TAP_ROWS_H_
#define POOLBENCH_KERNELS_OPENMP_TAP_ROWS_H_

#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// Sums are nested, so that few additions follow each other however tall a window is: rows are added
// in a plain sum, such sums in a part, and the parts. All rows are one part up to kFew sums.
constexpr int kRowsAtOnce = 32, kFew = 8;
constexpr int kOfMany = 16;  // rows of a sum, and sums of a part, where there are more

// A part of the rows of `depth` slices of `height`: of one slice, or whole slices.
struct Part {
  int64_t depth, height;
  int64_t sum;  // rows of a plain sum
};
POOLBENCH_INLINE bool is_one_part(int64_t depth, int64_t height) {
  return depth * ceil_div(height, kRowsAtOnce) <= kFew;
}
inline Part part_of(int64_t depth, int64_t height) {
  if (is_one_part(depth, height)) return {depth, height, kRowsAtOnce};
  const int64_t tall = smaller(height, kOfMany * kOfMany);
  return {smaller(depth, kOfMany / ceil_div(tall, kOfMany)), tall, kOfMany};
}

// Additions in a row that an element of the merged row takes.
inline int64_t tap_rows_terms(const Shapes& shapes) {
  const int64_t depth = larger(most_taps(shapes, shapes.axis[0]), 1);
  const int64_t height = larger(most_taps(shapes, shapes.axis[1]), 1);
  const Part part = part_of(depth, height);
  const int64_t sums = part.depth * ceil_div(part.height, part.sum);
  const int64_t parts = ceil_div(depth, part.depth) * ceil_div(height, part.height);
  return smaller(height, part.sum) - 1 + sums - 1 + parts - 1;
}

// Writes what no tap comes to, and up to a vector further.
template <class Op>
POOLBENCH_INLINE void fill_run(typename Op::Work* to, int64_t count) {
  for (int64_t i = 0; i < count; i += Op::N) store_lanes(to + i, Op::identity());
}

template <class Op>
class TapRows {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int N = Op::N;

  TapRows(const Op& op, const PoolArgs& args, const Storage& storage)
      : op_(op),
        d_step_(args.axis[0].dilation * args.axis[1].src * args.axis[2].src * storage.pixel_size),
        h_step_(args.axis[1].dilation * args.axis[2].src * storage.pixel_size) {}

  // Merges `count` elements of `depth` by `height` rows from `first` on into `to`, which may be
  // written up to a vector further.
  //
  // Up to four vectors side by side, row by row: 2048x60x60 f32 in 10x10 windows, which come from
  // L3, takes 1.41 ms vector by vector and 1.0 ms so (Xeon, 2 threads, 2026-11-23).
  POOLBENCH_INLINE void merge_rows(const Element* first, int depth, int height, int64_t count,
                                   Work* to) const {
    if (depth == 1 && height == 1) {
      int64_t i = 0;
      for (; i + N <= count; i += N) store_lanes(to + i, op_.load(first + i));
      if (i < count) store_lanes(to + i, op_.load_part(first + i, Lanes(0, count - i)));
      return;
    }
    if (is_one_part(depth, height)) return merge_part<kRowsAtOnce>(first, depth, height, count, to);
    merge_parts(first, depth, height, count, to);
  }

 private:
  // Out of line: few windows are so tall, and the others' loops have constant bounds without it.
  POOLBENCH_NOINLINE void merge_parts(const Element* first, int64_t depth, int64_t height,
                                      int64_t count, Work* to) const {
    const Part part = part_of(depth, height);
    for (int64_t d = 0; d < depth; d += part.depth)
      for (int64_t h = 0; h < height; h += part.height)
        merge_part<kOfMany>(first + d * d_step_ + h * h_step_, smaller(part.depth, depth - d),
                            smaller(part.height, height - h), count, to, d + h > 0);
  }

  // `more`: merged into what `to` holds.
  template <int kSum>
  POOLBENCH_INLINE void merge_part(const Element* first, int64_t depth, int64_t height,
                                   int64_t count, Work* to, bool more = false) const {
    int64_t i = 0;
    for (; i + 4 * N <= count; i += 4 * N)
      vectors<4, N, kSum>(first + i, depth, height, 0, more, to + i);
    const int64_t left = (count - i) / N, part = (count - i) % N;
    const auto rest = [&](auto whole) {
      constexpr int kWhole = decltype(whole)::value;
      if (part != 0)
        vectors<kWhole + 1, 0, kSum>(first + i, depth, height, part, more, to + i);
      else if constexpr (kWhole > 0)
        vectors<kWhole, N, kSum>(first + i, depth, height, 0, more, to + i);
    };
    if (left == 0) rest(std::integral_constant<int, 0>{});
    if (left == 1) rest(std::integral_constant<int, 1>{});
    if (left == 2) rest(std::integral_constant<int, 2>{});
    if (left == 3) rest(std::integral_constant<int, 3>{});
  }

  // kCount vectors; the last one has kLast lanes, or `last` where kLast is 0. Unrolled by hand:
  // loops over the vectors keep the sums in memory at -O2. 64x60x60 f32 in 30x30 windows in L2:
  // 11.5 us with loops, 8.6 us so (Xeon, 2 threads, 2026-11-23).
  template <int kCount, int kLast, int kSum>
  POOLBENCH_INLINE void vectors(const Element* first, int64_t depth, int64_t height, int64_t last,
                                bool more, Work* to) const {
    const Lanes lanes(0, last);
    const auto load = [&](const Element* at, int j) {
      prefetch_load(at + j * N);
      return j + 1 < kCount || kLast == N ? op_.load(at + j * N) : op_.load_part(at + j * N, lanes);
    };
    const auto each = [](const auto& f) POOLBENCH_INLINE_LAMBDA {
      [&]<int... J>(std::integer_sequence<int, J...>) POOLBENCH_INLINE_LAMBDA {
        (f(std::integral_constant<int, J>{}), ...);
      }
      (std::make_integer_sequence<int, kCount>{});
    };
    V result[kCount];
    each([&](auto j) { result[j] = Op::identity(); });
    for (int64_t d = 0; d < depth; ++d)
      for (int64_t h = 0; h < height; h += kSum) {
        const Element* row = first + d * d_step_ + h * h_step_;
        V sum[kCount];
        each([&](auto j) { sum[j] = load(row, j); });
        for (int rows = int(smaller(kSum, height - h)); --rows > 0;) {
          row += h_step_;
          each([&](auto j) { sum[j] = Op::merge(load(row, j), sum[j]); });
        }
        each([&](auto j) { result[j] = Op::merge(sum[j], result[j]); });
      }
    if (more) each([&](auto j) { result[j] = Op::merge(load_lanes<V>(to + j * N), result[j]); });
    each([&](auto j) { store_lanes(to + j * N, result[j]); });
  }

  const Op& op_;
  int64_t d_step_, h_step_;
};

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_TAP_ROWS_H_
