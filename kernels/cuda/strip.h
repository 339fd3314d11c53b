// strip: what it takes, and the windows that it is compiled for.
#ifndef POOLBENCH_KERNELS_CUDA_STRIP_H_
#define POOLBENCH_KERNELS_CUDA_STRIP_H_

#include <algorithm>
#include <iterator>

#include "kernels/cuda/shapes.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// A window on h and w, with w's stride and begin padding.
struct StripShape {
  int kernel_h, kernel_w, stride, pad;
  // Output rows of a thread: two where windows overlap; h then has w's stride.
  constexpr int rows() const { return kernel_h > stride ? 2 : 1; }

  bool has_kernel(const Axis& h, const Axis& w) const {
    return h.kernel == kernel_h && w.kernel == kernel_w;
  }
  bool has_stride(const Axis& h, const Axis& w) const {
    return has_kernel(h, w) && w.stride == stride && (rows() == 1 || h.stride == stride);
  }
};
inline constexpr StripShape kStripShapes[] = {
    {2, 2, 2, 0}, {3, 3, 2, 0}, {3, 3, 2, 1}, {3, 3, 1, 1},
    {2, 2, 1, 0}, {1, 2, 2, 0}, {1, 3, 2, 1}, {1, 3, 1, 1},
};

// The shape's number in kStripShapes, or -1.
inline int strip_shape(const Shapes& shapes) {
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  for (int i = 0; i < int(std::size(kStripShapes)); ++i)
    if (kStripShapes[i].has_stride(h, w) && w.pad_begin == kStripShapes[i].pad) return i;
  return -1;
}

inline Refusal strip_refuses_window(const Shapes& shapes) {
  if (strip_shape(shapes) >= 0) return {};
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  const auto any = [&](auto has) { return std::ranges::any_of(kStripShapes, has); };
  if (!any([&](const StripShape& shape) { return shape.has_kernel(h, w); }))
    return {Parameter::kKernel, "takes 2x2, 3x3, 1x2 and 1x3 on h and w"};
  if (!any([&](const StripShape& shape) { return shape.has_stride(h, w); }))
    return {Parameter::kStride,
            "takes 1 and 2, alike on h and w where windows overlap on h; 1x2: 2"};
  return {Parameter::kPad,
          "begin padding on w: takes 0 for 2 wide windows, 1 for 3 wide ones, and "
          "for 3x3 with stride 2 also 0"};
}

inline constexpr Takes kStripTakes = {.reductions = kEveryReduction,
                                      .windowings = {Windowing::kSliding},
                                      .types = kWordTypes,
                                      .layouts = {Layout::kChannelsFirst}};

inline Refusal strip_refuses(const Shapes& shapes) {
  if (const Refusal refusal = refuse_integer_lp(shapes)) return refusal;
  if (is_lp(shapes) && !is_norm2(shapes)) return {Parameter::kNorm, "takes p = 2"};
  if (const Refusal refusal = strip_refuses_window(shapes)) return refusal;
  if (shapes.axis[2].src * dtype_bytes(DType(shapes.dtype)) % 16 != 0)
    return {Parameter::kSrc, "takes rows of a multiple of 16 bytes"};
  if (const Refusal refusal = refuse_long_sums(shapes)) return refusal;
  if (const Refusal refusal = refuse_many_outputs(shapes)) return refusal;
  if (const Refusal refusal = refuse_large_planes(shapes)) return refusal;
  return refuse_large_integer_averages(shapes);
}

void launch_strip(const PoolArgs& args, void* stream);

inline constexpr Kernel kStrip = {
    .name = "strip",
    .summary = "channels first, 16 bytes of outputs a thread, windows known to the compiler",
    .takes = kStripTakes,
    .refuses = strip_refuses,
    .launch = launch_strip,
    .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_STRIP_H_
