#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/vector_constants.h"

namespace poolbench::vulkan {
namespace {

// Results of an invocation, at most. Predicted: 64 lanes of them and the words of a row leave
// registers for a quarter of the threads.
constexpr int64_t kMostLanes = 64;

Work work(const Shapes& shapes, int64_t enough) {
  const auto& [d, h, w] = shapes.axis;
  const int64_t wide = lanes(shapes), runs = shapes.c / wide;
  const bool known = is_known_window(shapes) && !is_long_norm(shapes);
  const int64_t outputs = shapes.n * runs * dst_plane_size(shapes);
  // At strides beyond 1 more than 2x2 outputs share little.
  const int64_t most_w = w.stride > 1 || wide > 8 ? 2 : 4, most_h = h.stride > 1 ? 2 : 4;
  int64_t across = 1, rows = 1;
  if (known) {
    across = outputs_together(w, most_w, outputs, enough);
    rows = outputs_together(h, std::min(most_h, kMostLanes / (wide * across)), outputs / across,
                            enough);
  }
  const int64_t strips = ceil_div(h.dst, rows), tiles = ceil_div(w.dst, across);
  const int64_t src_rows = (rows - 1) * h.stride + h.kernel;
  const int64_t src_columns = (across - 1) * w.stride + w.kernel;
  const auto if_known = [&](int64_t value) { return known ? value : 1; };
  const int64_t planes = most_taps(shapes, d), lines = planes * most_taps(shapes, h);
  return {
      {{.shader = shader_name("vector", shapes),
        .constants = VectorConstants{.kGroup = kGroup,
                                     .kNorm = norm_constant(shapes),
                                     .kAcross = across,
                                     .kRows = rows,
                                     .kKernelD = if_known(d.kernel),
                                     .kKernelH = if_known(h.kernel),
                                     .kKernelW = if_known(w.kernel),
                                     .kStrideH = if_known(h.stride),
                                     .kStrideW = if_known(w.stride),
                                     .kDivisor = common_divisor(shapes),
                                     .kTables = !known},
        .groups = ceil_div(shapes.n * runs * d.dst * strips * tiles, kGroup),
        .extents = {runs, tiles, strips, d.dst},
        .iterations = known ? d.kernel * src_rows * wide * (src_columns + 2 * across * (rows + 1))
                            : planes + lines + lines * most_taps(shapes, w)}}};
}

Refusal refuses(const Shapes& shapes) {
  if (shapes.c % lanes(shapes) != 0)
    return {Parameter::kSrc, "takes channels in whole runs of 16 bytes"};
  return lanes_refuse(shapes);
}

}  // namespace

Kernel vector() {
  return {.name = "vector",
          .summary = "channels last, 16 bytes of channels",
          .takes = {.reductions = kReductions,
                    .windowings = {Windowing::kSliding, Windowing::kAdaptive, Windowing::kGlobal},
                    .types = kTypesUpTo4Bytes,
                    .layouts = {Layout::kChannelsLast},
                    .operands = kValuesAndIndices,
                    .dilation = true},
          .refuses = refuses,
          .work = work};
}

}  // namespace poolbench::vulkan
