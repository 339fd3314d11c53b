#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/strip_constants.h"

namespace poolbench::vulkan {
namespace {

// Outputs below each other of an invocation, at most. Predicted: they share input rows, most where
// the stride is 1; with 16 outputs side by side (1 byte) registers are left for half as many.
int64_t most_rows(const Shapes& shapes) {
  return shapes.axis[1].stride > 1 || lanes(shapes) > 8 ? 2 : 4;
}

Work work(const Shapes& shapes, int64_t enough) {
  const auto& [d, h, w] = shapes.axis;
  const int64_t wide = lanes(shapes), tiles = ceil_div(w.dst, wide);
  const int64_t rows =
      outputs_together(h, most_rows(shapes), shapes.n * shapes.c * d.dst * h.dst * tiles, enough);
  const int64_t strips = ceil_div(h.dst, rows);
  const int64_t src_rows = (rows - 1) * h.stride + h.kernel;
  // The alignment in bytes, 16 at most, of rows of so many elements.
  const auto aligned_to = [&](int64_t elements) {
    int64_t bytes = 16;
    while (elements * element_bytes(shapes) % bytes != 0) bytes /= 2;
    return bytes;
  };
  return {{{.shader = shader_name("strip", shapes),
            .constants =
                StripConstants{.kGroup = kGroup,
                               .kNorm = norm_constant(shapes),
                               .kRows = rows,
                               .kKernelD = d.kernel,
                               .kKernelH = h.kernel,
                               .kKernelW = w.kernel,
                               .kStrideH = h.stride,
                               .kStrideW = w.stride,
                               .kLeft = w.pad_begin,
                               .kRight = std::max<int64_t>(0, w.kernel - w.pad_begin - w.stride),
                               .kClip = tiles * wide * w.stride > w.src,
                               .kStoreBytes = aligned_to(w.dst),
                               .kLoadBytes = aligned_to(w.src),
                               .kDivisor = common_divisor(shapes)},
            .groups = ceil_div(shapes.n * shapes.c * d.dst * strips * tiles, kGroup),
            .extents = {tiles, strips, d.dst},
            .iterations = d.kernel * src_rows * wide * (w.stride + w.kernel + rows)}}};
}

Refusal refuses(const Shapes& shapes) {
  const Axis& w = shapes.axis[2];
  if (!is_known_window(shapes)) return {Parameter::kKernel, "takes windows of up to 32 taps"};
  if (is_long_norm(shapes)) return {Parameter::kNorm, "takes norms 1 and 2"};
  if (w.src * element_bytes(shapes) % 4 != 0)
    return {Parameter::kSrc, "takes rows of whole 4-byte words"};
  if (w.kernel - w.stride > 8)
    return {Parameter::kKernel, "takes windows at most 8 wider than the stride"};
  if (w.pad_begin > 8) return {Parameter::kPad, "takes padding of up to 8 in front of a row"};
  if (w.stride > 4) return {Parameter::kStride, "takes strides of up to 4 along a row"};
  return lanes_refuse(shapes);
}

}  // namespace

Kernel strip() {
  return {.name = "strip",
          .summary = "channels first, 16 bytes of outputs side by side",
          .takes = {.reductions = kReductions,
                    .windowings = {Windowing::kSliding},
                    .types = {DType::kF32, DType::kF16, DType::kBF16, DType::kI8, DType::kU8},
                    .layouts = {Layout::kChannelsFirst},
                    .operands = kValuesAndIndices},
          .refuses = refuses,
          .work = work};
}

}  // namespace poolbench::vulkan
