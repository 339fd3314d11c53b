#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/staged_cut.h"

namespace poolbench::vulkan {
namespace {

// Fewer share the cost of a workgroup's begin, more hide each other's waits (predicted).
constexpr uint32_t kStagedGroup = 64;
// Taps from which on this is faster than a kernel that shares them in registers (predicted).
constexpr int64_t kManyTaps = 25;

}  // namespace

// Windows in shared memory.
Work staged_work(const Shapes& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const StagedCut cut = staged_cut(args, kStagedGroup, enough);
  const auto dense = [&](int64_t value) { return in_tables(args) ? 1 : uint32_t(value); };
  const int64_t bands_w = ceil_div(w.dst, cut.columns), bands_h = ceil_div(h.dst, cut.rows);
  const int64_t groups = channels_last(args) ? args.n * ceil_div(args.c, cut.planes)
                                             : ceil_div(args.n * args.c, cut.planes);
  // Lanes of a workgroup, and what an invocation holds: each is looked at a few times.
  const int64_t iterations =
      8 * (cut.shared_bytes / 4 / kStagedGroup + 1) * (most_taps(args, h) + most_taps(args, w) + 8);
  return {{{.shader = shader_name("staged", args),
            .constants = {kStagedGroup,
                          norm_constant(args),
                          uint32_t(args.layout),
                          uint32_t(cut.planes),
                          uint32_t(cut.rows),
                          uint32_t(cut.columns),
                          uint32_t(cut.src_rows),
                          uint32_t(cut.src_columns),
                          uint32_t(cut.pitch),
                          uint32_t(cut.reduced_pitch),
                          uint32_t(cut.joined),
                          dense(h.kernel),
                          dense(w.kernel),
                          dense(h.stride),
                          dense(w.stride),
                          uint32_t(cut.down),
                          uint32_t(cut.across),
                          common_divisor(args),
                          uint32_t(in_tables(args)),
                          uint32_t(cut.always_h.begin),
                          uint32_t(cut.always_h.end),
                          uint32_t(cut.always_w.begin),
                          uint32_t(cut.always_w.end),
                          uint32_t(cut.always_h.outputs),
                          uint32_t(cut.channels),
                          uint32_t(cut.down >= h.dst),
                          uint32_t(cut.across >= w.dst)},
            .groups = groups * bands_w * bands_h,
            .extents = {bands_w, bands_h},
            .shared_bytes = cut.shared_bytes,
            .iterations = iterations}}};
}

const char* staged_why_not(const Shapes& args) {
  const auto& [d, h, w] = args.axis;
  if (DType(args.dtype) == DType::kF64) return "only types of up to 4 bytes";
  if (Windowing(args.windowing) == Windowing::kGlobal) return "no global windows";
  // A longer window on D may hold no tap of the one there is, or count its padding.
  if (d.src != 1 || d.dst != 1 || (!in_tables(args) && d.kernel != 1))
    return "only problems of 1D and 2D";
  if (in_tables(args)) {
    if (channels_last(args)) return "windows in tables only channels first";
  } else {
    if (h.dilation != 1 || w.dilation != 1) return "no dilation";
    if (h.kernel > kFixedTaps || w.kernel > kFixedTaps) return "more than 32 taps on an axis";
    if (h.kernel * w.kernel < kManyTaps) {
      if (channels_last(args)) return "few taps channels last: others share them in registers";
      if (h.kernel <= h.stride && w.kernel <= w.stride) return "few taps that no windows share";
      if (strip_why_not(args) == nullptr) return "few taps: `strip` shares them in registers";
    }
  }
  if (const char* reason = lanes_why_not(args)) return reason;
  return staged_cut(args, kStagedGroup, 1).planes > 0 ? nullptr
                                                      : "windows too large for shared memory";
}

}  // namespace poolbench::vulkan
