// How the kernels that work in shared memory cut a problem into tiles, one a block. Reads shapes
// alone, so that the same cut says whether a kernel takes a problem.
#ifndef POOLBENCH_KERNELS_CUDA_TILE_CUT_H_
#define POOLBENCH_KERNELS_CUDA_TILE_CUT_H_

#include "kernels/cuda/shapes.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Outputs of a tile: whole planes, or whole slices (d) of one plane, or rows (h) of one slice. 0
// planes: not even one row of outputs fits.
struct TileCut {
  int64_t planes, slices, rows;
};

// Shared memory of a block. Predicted, for 132 multiprocessors that need 20 KiB in flight each (4.3
// TB/s at 0.6 us):
//
//   shared memory   blocks   threads   16-byte loads a thread   in flight
//   228 KiB         6        128       8                        96 KiB
constexpr int64_t kTileBytes = 32 << 10;

// The input, the intermediate parts (none: 0 bytes) and the outputs have room for as many elements
// each.
constexpr int tile_elements(int64_t element_bytes, int64_t part_bytes) {
  return int(kTileBytes / (2 * element_bytes + part_bytes) / 64 * 64);
}

// The largest n in [0, most] for which fits(n) holds, as it does for all smaller ones.
template <class Fits>
int64_t largest(int64_t most, Fits&& fits) {
  int64_t low = 0;
  while (low < most) {
    const int64_t middle = low + (most - low + 1) / 2;
    if (fits(middle))
      low = middle;
    else
      most = middle - 1;
  }
  return low;
}

// The intermediate buffer holds one part for each (input row, output column), padded to even counts
// for the two-lane kernel.
inline TileCut tile_cut(const Shapes& shapes, int64_t element_bytes, int64_t part_bytes) {
  const int64_t limit = tile_elements(element_bytes, part_bytes), run = 16 / element_bytes;
  const Axis &d = shapes.axis[0], &h = shapes.axis[1], &w = shapes.axis[2];
  // A span that begins and ends inside 16-byte runs takes up to two runs more.
  const auto fits = [&](int64_t src_rows, int64_t dst_rows) {
    return src_rows <= limit && dst_rows <= limit && src_rows * w.src + 2 * run <= limit &&
           dst_rows * w.dst + 2 * run <= limit &&
           (part_bytes == 0 || (src_rows + 1) * (w.dst + 1) <= limit);
  };
  const int64_t total = shapes.n * shapes.c;
  const int64_t planes =
      largest(total, [&](int64_t n) { return fits(n * d.src * h.src, n * d.dst * h.dst); });
  if (planes > 0) {
    const int64_t wanted = ceil_div(total, kWantedBlocks);
    return {planes < wanted ? planes : wanted, d.dst, h.dst};
  }
  const auto balanced = [](int64_t n, int64_t all) { return ceil_div(all, ceil_div(all, n)); };
  const int64_t slices = largest(
      d.dst, [&](int64_t n) { return fits(most_covered(shapes, d, n) * h.src, n * h.dst); });
  if (slices > 0) return {1, balanced(slices, d.dst), h.dst};
  if (most_covered(shapes, d, 1) != 1) return {0, 0, 0};
  const int64_t rows =
      largest(h.dst, [&](int64_t n) { return fits(most_covered(shapes, h, n), n); });
  return {rows > 0 ? 1 : 0, 1, rows > 0 ? balanced(rows, h.dst) : 0};
}

// What every kernel that works on tiles asks.
inline Refusal refuse_untiled(const Shapes& shapes, int64_t part_bytes) {
  if (const Refusal refusal = refuse_many_outputs(shapes)) return refusal;
  if (const Refusal refusal = refuse_large_planes(shapes)) return refusal;
  if (tile_cut(shapes, dtype_bytes(DType(shapes.dtype)), part_bytes).planes == 0)
    return {Parameter::kSrc, "takes rows and windows that fit in 32 KiB of shared memory"};
  return refuse_large_integer_averages(shapes);
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_TILE_CUT_H_
