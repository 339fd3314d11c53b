// How the kernels that work in shared memory cut a problem into blocks. Reads shapes alone, so that
// the same cut says whether a kernel takes a problem.
#ifndef POOLBENCH_KERNELS_CUDA_STAGE_CUT_H_
#define POOLBENCH_KERNELS_CUDA_STAGE_CUT_H_

#include "kernels/cuda/launch.h"

namespace poolbench {

// What a block makes: whole planes, or whole slices (d) of one, or rows (h) of one slice. No
// planes: not even one row of outputs fits.
struct StageCut {
  int64_t planes, slices, rows;
};

// Shared memory of a block: six blocks of 128 threads to a multiprocessor of 228 KiB, and eight
// 16-byte loads of each thread make 96 KiB in flight, where 20 KiB are needed (4.3 TB/s at 0.6 us
// over 132). Predicted.
constexpr int64_t kStageBytes = 32 << 10;

// As many elements go into each of the input, the parts in between (none: 0 bytes) and the outputs.
constexpr int stage_elements(int64_t element_bytes, int64_t part_bytes) {
  return int(kStageBytes / (2 * element_bytes + part_bytes) / 64 * 64);
}

// The largest n in [0, most] for which fits(n) holds; it holds for all smaller ones too.
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

// Parts: one for each output column of every input row, and a row and a column more, so that they
// come in pairs.
inline StageCut stage_cut(const Shapes& args, int64_t element_bytes, int64_t part_bytes) {
  const int64_t limit = stage_elements(element_bytes, part_bytes), run = 16 / element_bytes;
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  // Input rows, output rows; a span that begins and ends inside runs takes up to two runs more.
  const auto fits = [&](int64_t src_rows, int64_t dst_rows) {
    return src_rows <= limit && dst_rows <= limit && src_rows * w.src + 2 * run <= limit &&
           dst_rows * w.dst + 2 * run <= limit &&
           (part_bytes == 0 || (src_rows + 1) * (w.dst + 1) <= limit);
  };
  const int64_t total = args.n * args.c;
  const int64_t planes =
      largest(total, [&](int64_t n) { return fits(n * d.src * h.src, n * d.dst * h.dst); });
  if (planes > 0) {
    const int64_t wanted = ceil_div(total, kWantedBlocks);
    return {planes < wanted ? planes : wanted, d.dst, h.dst};
  }
  const auto balanced = [](int64_t n, int64_t all) { return ceil_div(all, ceil_div(all, n)); };
  const int64_t slices =
      largest(d.dst, [&](int64_t n) { return fits(most_covered(args, d, n) * h.src, n * h.dst); });
  if (slices > 0) return {1, balanced(slices, d.dst), h.dst};
  if (most_covered(args, d, 1) != 1) return {0, 0, 0};
  const int64_t rows = largest(h.dst, [&](int64_t n) { return fits(most_covered(args, h, n), n); });
  return {rows > 0 ? 1 : 0, 1, rows > 0 ? balanced(rows, h.dst) : 0};
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_STAGE_CUT_H_
