#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Outputs below each other of an invocation.
constexpr int64_t kRows = 4;

}  // namespace

Work sliding_work(const Shapes& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t outputs = args.n * args.c * dst_plane_size(args);
  const int64_t rows = h.dilation > 1 ? 1 : outputs_together(h, kRows, outputs, enough);
  const int64_t strips = ceil_div(h.dst, rows);
  const bool clip = w.pad_begin > 0 || reach(w) > w.src;
  const bool fixed = is_known_window(args);
  const auto constant = [&](int64_t value) { return fixed ? uint32_t(value) : 0; };
  return {{{.shader = shader_name("sliding", args),
            .constants = {kGroup, norm_constant(args), uint32_t(args.layout), uint32_t(rows),
                          uint32_t(clip), constant(d.kernel), constant(h.kernel),
                          constant(w.kernel), constant(h.stride), constant(w.stride)},
            .groups = ceil_div(args.n * args.c * d.dst * strips * w.dst, kGroup),
            .extents = {w.dst, strips, d.dst, args.c},
            .iterations = d.kernel * (1 + (h.kernel + (rows - 1) * h.stride) * (1 + w.kernel))}}};
}

const char* sliding_why_not(const Shapes& args) {
  if (Windowing(args.windowing) != Windowing::kSliding) return "only sliding windows";
  return lanes_why_not(args);
}

}  // namespace poolbench::vulkan
