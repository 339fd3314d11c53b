// How tile.cpp cuts a problem into tiles.
#ifndef POOLBENCH_KERNELS_OPENMP_TILE_CUT_H_
#define POOLBENCH_KERNELS_OPENMP_TILE_CUT_H_

#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {

constexpr int64_t kTileBytes = 64 << 10;      // each of three buffers on the thread's stack
constexpr int64_t kL1Bytes = 24 << 10;        // of merged rows: with their windows they stay in L1
constexpr int64_t kSlack = 4 * kVectorBytes;  // elements that vectors may run past a tile's end
constexpr int64_t kDoubledHeight = 4;         // from so many overlapping rows on

// What a tile holds, the same for all tiles of a problem.
struct TileCut {
  bool doubled;         // windows on H are made by doubling
  bool channel_blocks;  // tiles hold pixel_size channels out of more
  int64_t pixel_size;   // elements of a pixel in the tile
  int64_t slices;       // whole slices in a tile, when rows == dst rows
  int64_t rows;         // output rows of a slice
  int64_t columns;      // output columns
  int64_t shortest;     // pixels of the shortest window on W
  bool fits;            // false: the buffers do not hold one output
};

template <class Op>
TileCut cut_of(const Shapes& shapes) {
  constexpr int64_t kElements = kTileBytes / int64_t(sizeof(typename Op::Work)) - kSlack;
  constexpr int64_t kL1Elements = kL1Bytes / int64_t(sizeof(typename Op::Work));
  const Axis &d = shapes.axis[0], &h = shapes.axis[1], &w = shapes.axis[2];
  const Storage storage = storage_of(shapes);
  // Upper bound on the pixels that outputs cover, sliding windows with their padding; at least one
  // an output, which adaptive windows may share.
  const auto spanned = [&](const Axis& axis, int64_t outputs) {
    if (is_sliding(shapes)) return sliding_span(axis, outputs);
    const int64_t step = Windowing(shapes.windowing) == Windowing::kAdaptive
                             ? ceil_div(axis.src, axis.dst) + 1
                             : axis.src / larger(axis.dst - 1, 1) + 2;
    return larger(smaller(axis.src, outputs * step + axis.kernel), outputs);
  };
  TileCut cut{};
  cut.doubled = is_sliding(shapes) && d.kernel == 1 && h.kernel >= kDoubledHeight && h.stride == 1;
  const auto elements = [&](int64_t rows, int64_t columns) {
    return (cut.doubled ? spanned(h, rows) : rows) * spanned(w, columns) * cut.pixel_size;
  };
  cut.pixel_size = storage.pixel_size;
  // Rows and columns that keep what neighbouring tiles both load below a half and a quarter.
  const int64_t wanted_rows = smaller(cut.doubled ? 2 * spanned(h, 1) : 8, h.dst);
  const int64_t wanted_columns = smaller(larger(4 * spanned(w, 1), 16), w.dst);
  // Of many channels a block of up to four vectors.
  if (storage.pixel_size > 4 * Op::N && elements(wanted_rows, w.dst) > kL1Elements) {
    cut.channel_blocks = true;
    cut.pixel_size = 4 * Op::N;
    while (cut.pixel_size > Op::N && elements(wanted_rows, w.dst) > kL1Elements)
      cut.pixel_size /= 2;
  }
  if (elements(1, 1) > kElements) cut.doubled = false;
  cut.fits = elements(1, 1) <= kElements;
  cut.rows = h.dst;
  cut.columns = w.dst;
  const auto halve = [&](int64_t& outputs, int64_t wanted, int64_t limit) {
    while (outputs > wanted && elements(cut.rows, cut.columns) > limit)
      outputs = larger((outputs + 1) / 2, wanted);
  };
  halve(cut.rows, wanted_rows, kL1Elements);
  halve(cut.columns, wanted_columns, kL1Elements);
  halve(cut.rows, 1, kElements);
  halve(cut.columns, 1, kElements);
  cut.slices = 1;
  if (cut.rows == h.dst && cut.columns == w.dst && !cut.channel_blocks &&
      Windowing(shapes.windowing) != Windowing::kFractional) {
    const int64_t fit = kL1Elements / larger(elements(cut.rows, cut.columns), 1);
    cut.slices = larger(smaller(fit, storage.planes * d.dst / (2 * omp_get_max_threads())), 1);
  }
  cut.shortest = w.kernel;
  if (Windowing(shapes.windowing) == Windowing::kAdaptive) {
    cut.shortest = w.src;
    for (int64_t o = 0; o < w.dst; ++o)
      cut.shortest = smaller(cut.shortest, ceil_div((o + 1) * w.src, w.dst) - o * w.src / w.dst);
  }
  return cut;
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_TILE_CUT_H_
