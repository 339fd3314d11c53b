#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {

// Predicted: rows below each other share input rows, 4 where the stride is 1; twice as many lanes
// as a half float's leave registers for half of them.
Work strip_work(const Shapes& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t wide = lanes(args), tiles = ceil_div(w.dst, wide);
  const int64_t most = h.stride > 1 || wide > 8 ? 2 : 4;
  const int64_t rows = outputs_together(h, most, args.n * args.c * d.dst * h.dst * tiles, enough);
  const int64_t strips = ceil_div(h.dst, rows);
  const int64_t right = std::max<int64_t>(0, w.kernel - w.pad_begin - w.stride);
  const int64_t src_rows = (rows - 1) * h.stride + h.kernel;
  const auto aligned_to = [&](const int64_t elements) {
    int64_t bytes = 16;
    while (elements * dtype_bytes(DType(args.dtype)) % bytes != 0) bytes /= 2;
    return uint32_t(bytes);
  };
  return {{{.shader = shader_name("strip", args),
            .constants = {kGroup, norm_constant(args), uint32_t(rows), uint32_t(d.kernel),
                          uint32_t(h.kernel), uint32_t(w.kernel), uint32_t(h.stride),
                          uint32_t(w.stride), uint32_t(w.pad_begin), uint32_t(right),
                          uint32_t(tiles * wide * w.stride > w.src), aligned_to(w.dst),
                          common_divisor(args), aligned_to(w.src)},
            .groups = ceil_div(args.n * args.c * d.dst * strips * tiles, kGroup),
            .extents = {tiles, strips, d.dst},
            .iterations = d.kernel * src_rows * wide * (w.stride + w.kernel + rows)}}};
}

const char* strip_why_not(const Shapes& args) {
  const auto dtype = DType(args.dtype);
  const Axis& w = args.axis[2];
  if (channels_last(args)) return "only channels first";
  if (dtype == DType::kF64 || dtype == DType::kI32) return "only types of up to 4 bytes, not i32";
  if (!is_known_window(args)) return "only dense sliding windows of up to 32 taps";
  if (is_long_norm(args)) return "of norms only 1 and 2";
  if (w.src * dtype_bytes(dtype) % 4 != 0) return "only rows of whole words";
  if (w.kernel - w.stride > 8 || w.pad_begin > 8) return "windows that reach far beyond their runs";
  if (w.stride > 4) return "only strides of up to 4 along a row";
  return lanes_why_not(args);
}

}  // namespace poolbench::vulkan
