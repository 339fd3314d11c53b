#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/sliding_constants.h"

namespace poolbench::vulkan {
namespace {

// Outputs below each other of an invocation, at most.
constexpr int64_t kMostRows = 4;

Work work(const Shapes& shapes, int64_t enough) {
  const auto& [d, h, w] = shapes.axis;
  const int64_t outputs = shapes.n * shapes.c * dst_plane_size(shapes);
  const int64_t rows = h.dilation > 1 ? 1 : outputs_together(h, kMostRows, outputs, enough);
  const int64_t strips = ceil_div(h.dst, rows);
  const bool known = is_known_window(shapes);
  const auto if_known = [&](int64_t value) { return known ? value : 0; };
  return {{{.shader = shader_name("sliding", shapes),
            .constants = SlidingConstants{.kGroup = kGroup,
                                          .kNorm = norm_constant(shapes),
                                          .kLayout = shapes.layout,
                                          .kRows = rows,
                                          .kClip = w.pad_begin > 0 || reach(w) > w.src,
                                          .kKernelD = if_known(d.kernel),
                                          .kKernelH = if_known(h.kernel),
                                          .kKernelW = if_known(w.kernel),
                                          .kStrideH = if_known(h.stride),
                                          .kStrideW = if_known(w.stride)},
            .groups = ceil_div(shapes.n * shapes.c * d.dst * strips * w.dst, kGroup),
            .extents = {w.dst, strips, d.dst, shapes.c},
            .iterations = d.kernel * (1 + (h.kernel + (rows - 1) * h.stride) * (1 + w.kernel))}}};
}

}  // namespace

Kernel sliding() {
  return {.name = "sliding",
          .summary = "windows by arithmetic, rows shared by several outputs",
          .takes = {.reductions = kReductions,
                    .windowings = {Windowing::kSliding},
                    .types = kTypes,
                    .operands = kValuesAndIndices,
                    .dilation = true},
          .refuses = lanes_refuse,
          .work = work};
}

}  // namespace poolbench::vulkan
