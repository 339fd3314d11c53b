#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {

// Outputs that share their taps. Predicted: 64 lanes of results, and the words of a row, leave
// registers for a quarter of the threads; at strides beyond 1 more than 2x2 outputs share little.
Work vector_work(const Shapes& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t wide = lanes(args), runs = args.c / wide;
  const bool known = is_known_window(args) && !is_long_norm(args);
  const int64_t outputs = args.n * runs * dst_plane_size(args);
  const int64_t most_w = w.stride > 1 || wide > 8 ? 2 : 4, most_h = h.stride > 1 ? 2 : 4;
  const int64_t across = known ? outputs_together(w, most_w, outputs, enough) : 1;
  const int64_t rows =
      known ? outputs_together(h, std::min(most_h, 64 / (wide * across)), outputs / across, enough)
            : 1;
  const int64_t strips = ceil_div(h.dst, rows), tiles = ceil_div(w.dst, across);
  const int64_t src_rows = (rows - 1) * h.stride + h.kernel;
  const int64_t src_columns = (across - 1) * w.stride + w.kernel;
  const auto constant = [&](int64_t value) { return known ? uint32_t(value) : 1; };
  const int64_t planes = most_taps(args, d), lines = planes * most_taps(args, h);
  return {
      {{.shader = shader_name("vector", args),
        .constants = {kGroup, norm_constant(args), uint32_t(across), uint32_t(rows),
                      constant(d.kernel), constant(h.kernel), constant(w.kernel),
                      constant(h.stride), constant(w.stride), common_divisor(args),
                      uint32_t(!known)},
        .groups = ceil_div(args.n * runs * d.dst * strips * tiles, kGroup),
        .extents = {runs, tiles, strips, d.dst},
        .iterations = known ? d.kernel * src_rows * wide * (src_columns + 2 * across * (rows + 1))
                            : planes + lines + lines * most_taps(args, w)}}};
}

const char* vector_why_not(const Shapes& args) {
  if (!channels_last(args)) return "only channels last";
  if (DType(args.dtype) == DType::kF64) return "only types of up to 4 bytes";
  if (Windowing(args.windowing) == Windowing::kFractional) return "no fractional windows";
  if (args.c % lanes(args) != 0) return "only channels in whole 16-byte runs";
  return lanes_why_not(args);
}

}  // namespace poolbench::vulkan
