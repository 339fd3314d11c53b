// How tile.cpp cuts a problem into tiles.
#ifndef POOLBENCH_KERNELS_OPENMP_TILE_PLAN_H_
#define POOLBENCH_KERNELS_OPENMP_TILE_PLAN_H_

#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {

constexpr int64_t kTileBytes = 64 << 10;      // each of two buffers on the thread's stack
constexpr int64_t kCosyBytes = 24 << 10;      // what rows are added up to: both stay in L1
constexpr int64_t kSlack = 4 * kVectorBytes;  // elements that vectors may run past a tile's end
constexpr int64_t kDoubledHeight = 4;         // from this many overlapping rows on

// What a tile holds, the same for all tiles of a problem.
struct TilePlan {
  bool doubled;         // step 1 by doubling
  bool channel_blocks;  // tiles of `unit` channels out of more
  int64_t unit;         // elements of a pixel in the tile
  int64_t slices;       // whole slices a tile, when rows == dst rows
  int64_t rows;         // output rows of a slice
  int64_t columns;      // output columns
  int64_t shortest;     // pixels of the shortest window on W
  bool fits;            // false: not even one output does
};

struct Extent {
  int64_t begin, end;
};

// Pixels that outputs [begin, end) of an axis cover, from the first window's begin to the last
// one's end; sliding windows with their padding.
POOLBENCH_INLINE Extent covered(const PoolArgs& args, int i, int64_t plane, int64_t begin,
                                int64_t end) {
  const Axis& axis = args.axis[i];
  const Table& table = args.table[i];
  if (is_sliding(args))
    return {begin * axis.stride - axis.pad_begin,
            (end - 1) * axis.stride - axis.pad_begin + (axis.kernel - 1) * axis.dilation + 1};
  return {table_window(table, plane, begin).begin, table_window(table, plane, end - 1).end};
}

// At most so many pixels do `outputs` adjacent outputs cover.
inline int64_t most_spanned(const Shapes& args, const Axis& axis, int64_t outputs) {
  if (is_sliding(args)) return sliding_span(axis, outputs);
  const int64_t step = Windowing(args.windowing) == Windowing::kAdaptive
                           ? (axis.src + axis.dst - 1) / axis.dst + 1
                           : axis.src / most(axis.dst - 1, 1) + 2;
  return most(least(axis.src, outputs * step + axis.kernel), outputs);
}

template <class Op>
TilePlan plan_of(const Shapes& args) {
  constexpr int64_t kElements = kTileBytes / int64_t(sizeof(typename Op::Work)) - kSlack;
  constexpr int64_t kCosy = kCosyBytes / int64_t(sizeof(typename Op::Work));
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const Shape shape = shape_of(args);
  TilePlan plan{};
  plan.doubled = is_sliding(args) && d.kernel == 1 && h.kernel >= kDoubledHeight && h.stride == 1;
  const auto elements = [&](int64_t rows, int64_t columns) {
    return (plan.doubled ? most_spanned(args, h, rows) : rows) * most_spanned(args, w, columns) *
           plan.unit;
  };
  plan.unit = shape.unit;
  // Rows and columns that keep what neighbouring tiles both load below a half and a quarter.
  const int64_t wanted_rows = least(plan.doubled ? 2 * most_spanned(args, h, 1) : 8, h.dst);
  const int64_t wanted_columns = least(most(4 * most_spanned(args, w, 1), 16), w.dst);
  // Of many channels a block of up to four vectors.
  if (shape.unit > 4 * Op::N && elements(wanted_rows, w.dst) > kCosy) {
    plan.channel_blocks = true;
    plan.unit = 4 * Op::N;
    while (plan.unit > Op::N && elements(wanted_rows, w.dst) > kCosy) plan.unit /= 2;
  }
  if (elements(1, 1) > kElements) plan.doubled = false;
  plan.fits = elements(1, 1) <= kElements;
  plan.rows = h.dst;
  plan.columns = w.dst;
  const auto halve = [&](int64_t& extent, int64_t wanted, int64_t limit) {
    while (extent > wanted && elements(plan.rows, plan.columns) > limit)
      extent = most((extent + 1) / 2, wanted);
  };
  halve(plan.rows, wanted_rows, kCosy);
  halve(plan.columns, wanted_columns, kCosy);
  halve(plan.rows, 1, kElements);
  halve(plan.columns, 1, kElements);
  plan.slices = 1;
  if (plan.rows == h.dst && plan.columns == w.dst && !plan.channel_blocks &&
      Windowing(args.windowing) != Windowing::kFractional) {
    const int64_t fit = kCosy / most(elements(plan.rows, plan.columns), 1);
    plan.slices = most(least(fit, shape.planes * d.dst / (2 * omp_get_max_threads())), 1);
  }
  plan.shortest = w.kernel;
  if (Windowing(args.windowing) == Windowing::kAdaptive) {
    plan.shortest = w.src;
    for (int64_t o = 0; o < w.dst; ++o)
      plan.shortest = least(plan.shortest, ceil_div((o + 1) * w.src, w.dst) - o * w.src / w.dst);
  }
  return plan;
}

}  // namespace poolbench::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_TILE_PLAN_H_
