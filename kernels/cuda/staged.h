// staged: what it takes, and the windows that it is compiled for.
#ifndef POOLBENCH_KERNELS_CUDA_STAGED_H_
#define POOLBENCH_KERNELS_CUDA_STAGED_H_

#include <iterator>

#include "kernels/cuda/tile_cut.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// A window on h and w alike.
struct StagedShape {
  int kernel, stride;
};
inline constexpr StagedShape kStagedShapes[] = {{2, 2}, {3, 2}, {3, 1}, {2, 1}};
// Output rows of a thread: 4 outputs of 3x3 s2 read 9 rows of input together, 12 one by one.
inline constexpr int kStagedRows = 4;

// The shape's number in kStagedShapes, or -1.
inline int staged_shape(const Shapes& shapes) {
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  for (int i = 0; i < int(std::size(kStagedShapes)); ++i) {
    const StagedShape& shape = kStagedShapes[i];
    if (h.kernel == shape.kernel && w.kernel == shape.kernel && h.stride == shape.stride &&
        w.stride == shape.stride)
      return i;
  }
  return -1;
}

inline constexpr Takes kStagedTakes = {.reductions = kEveryReduction,
                                       .windowings = {Windowing::kSliding},
                                       .types = kWordTypes,
                                       .layouts = {Layout::kChannelsFirst},
                                       .operands = kValuesAndIndices};

inline Refusal staged_refuses(const Shapes& shapes) {
  if (const Refusal refusal = refuse_integer_lp(shapes)) return refusal;
  if (is_lp(shapes) && !is_whole_power(shapes))
    return {Parameter::kNorm, "takes p = 1, 2, 3 ... 16"};
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  if (h.kernel != w.kernel || (w.kernel != 2 && w.kernel != 3))
    return {Parameter::kKernel, "takes 2x2 and 3x3 on h and w"};
  if (staged_shape(shapes) < 0) return {Parameter::kStride, "takes 1 and 2, alike on h and w"};
  if (const Refusal refusal = refuse_long_sums(shapes)) return refusal;
  return refuse_untiled(shapes, 0);
}

void launch_staged(const PoolArgs& args, void* stream);

inline constexpr Kernel kStaged = {
    .name = "staged",
    .summary = "channels first through shared memory, windows known to the compiler",
    .takes = kStagedTakes,
    .refuses = staged_refuses,
    .launch = launch_staged,
    .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_STAGED_H_
