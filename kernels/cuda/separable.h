// separable: what it takes, and which windows slide.
#ifndef POOLBENCH_KERNELS_CUDA_SEPARABLE_H_
#define POOLBENCH_KERNELS_CUDA_SEPARABLE_H_

#include "kernels/cuda/tile_cut.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Windows from this size on share their overlap (slide() in parts.cuh). Counted, sm_90; predicted.
//
//   instructions an output and axis   shared         20 to 30
//                                     tap by tap     40 for finding the window, 2 a tap
constexpr int64_t kSlideFrom = 3;

// Whether windows slide on an axis. Their sums are plain on both axes.
inline bool slides(const Shapes& shapes, int axis) {
  const int64_t kernel = shapes.axis[axis].kernel;
  return Windowing(shapes.windowing) == Windowing::kSliding && shapes.axis[axis].stride == 1 &&
         kernel >= kSlideFrom && (is_extreme(shapes) || kernel <= kMaxPlainTerms);
}

// Bytes of a part in the intermediate buffer: a word, and its position.
inline int64_t separable_part_bytes(const Shapes& shapes) { return shapes.with_indices ? 8 : 4; }

inline constexpr Takes kSeparableTakes = {.reductions = kEveryReduction,
                                          .windowings = kEveryWindowing,
                                          .types = kWordTypes,
                                          .layouts = {Layout::kChannelsFirst},
                                          .operands = kValuesAndIndices};

inline Refusal separable_refuses(const Shapes& shapes) {
  if (const Refusal refusal = refuse_integer_lp(shapes)) return refusal;
  if (Windowing(shapes.windowing) == Windowing::kSliding)
    for (const Axis& axis : shapes.axis)
      if (axis.kernel < axis.stride)
        return {Parameter::kStride, "takes strides up to the window, which leave no gaps"};
  return refuse_untiled(shapes, separable_part_bytes(shapes));
}

void launch_separable(const PoolArgs& args, void* stream);

inline constexpr Kernel kSeparable = {
    .name = "separable",
    .summary = "channels first through shared memory, rows first and columns after",
    .takes = kSeparableTakes,
    .refuses = separable_refuses,
    .launch = launch_separable,
    .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SEPARABLE_H_
