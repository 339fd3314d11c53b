#include "kernels/vulkan/lanes.h"
#include "kernels/vulkan/launch.h"
#include "kernels/vulkan/staged_constants.h"
#include "kernels/vulkan/staged_cut.h"

namespace poolbench::vulkan {
namespace {

// Invocations in a workgroup. Fewer share the cost of a workgroup's begin, more hide each other's
// waits (predicted).
constexpr int64_t kStagedGroup = 64;
// From this many taps on this is faster than a kernel that shares them in registers (predicted).
constexpr int64_t kManyTaps = 25;

Work work(const Shapes& shapes, int64_t enough) {
  const auto& [d, h, w] = shapes.axis;
  const StagedCut cut = staged_cut(shapes, kStagedGroup, enough);
  const bool tables = in_tables(shapes);
  const int64_t bands_w = ceil_div(w.dst, cut.columns), bands_h = ceil_div(h.dst, cut.rows);
  const int64_t groups = channels_last(shapes) ? shapes.n * ceil_div(shapes.c, cut.planes)
                                               : ceil_div(shapes.n * shapes.c, cut.planes);
  // Lanes of a workgroup, and what an invocation holds: each is looked at a few times.
  const int64_t iterations = 8 * (cut.shared_bytes / 4 / kStagedGroup + 1) *
                             (most_taps(shapes, h) + most_taps(shapes, w) + 8);
  return {{{.shader = shader_name("staged", shapes),
            .constants = StagedConstants{.kGroup = kStagedGroup,
                                         .kNorm = norm_constant(shapes),
                                         .kLayout = shapes.layout,
                                         .kPlanes = cut.planes,
                                         .kRows = cut.rows,
                                         .kColumns = cut.columns,
                                         .kSrcRows = cut.src_rows,
                                         .kSrcColumns = cut.src_columns,
                                         .kPitch = cut.pitch,
                                         .kReducedPitch = cut.reduced_pitch,
                                         .kJoined = cut.joined,
                                         .kKernelH = tables ? 1 : h.kernel,
                                         .kKernelW = tables ? 1 : w.kernel,
                                         .kStrideH = tables ? 1 : h.stride,
                                         .kStrideW = tables ? 1 : w.stride,
                                         .kDown = cut.down,
                                         .kAcross = cut.across,
                                         .kDivisor = common_divisor(shapes),
                                         .kTables = tables,
                                         .kTop = cut.always_h.begin,
                                         .kBottom = cut.always_h.end,
                                         .kLeft = cut.always_w.begin,
                                         .kRight = cut.always_w.end,
                                         .kSure = cut.always_h.outputs,
                                         .kChannels = cut.channels,
                                         .kWholeH = cut.down >= h.dst,
                                         .kWholeW = cut.across >= w.dst},
            .groups = groups * bands_w * bands_h,
            .extents = {bands_w, bands_h},
            .shared_bytes = cut.shared_bytes,
            .iterations = iterations}}};
}

// Few taps that other kernels share in registers.
Refusal few_taps_refuse(const Shapes& shapes) {
  const auto& [d, h, w] = shapes.axis;
  if (h.kernel * w.kernel >= kManyTaps) return {};
  if (channels_last(shapes))
    return {Parameter::kKernel, "nhwc takes 25 taps and more: `vector` is faster on fewer"};
  if (h.kernel <= h.stride && w.kernel <= w.stride)
    return {Parameter::kStride, "takes fewer than 25 taps only where windows overlap"};
  if (!strip().why_not(shapes))
    return {Parameter::kKernel, "takes 25 taps and more: `strip` is faster on fewer"};
  return {};
}

Refusal refuses(const Shapes& shapes) {
  const auto& [d, h, w] = shapes.axis;
  const bool tables = in_tables(shapes);
  // A longer window on D may hold no tap of the one there is, or count its padding.
  if (d.src != 1 || d.dst != 1 || (!tables && d.kernel != 1))
    return {Parameter::kSrc, "takes 1D and 2D"};
  if (tables && channels_last(shapes))
    return {Parameter::kLayout, "takes adaptive and fractional windows in nchw"};
  if (!tables && (h.kernel > kFixedTaps || w.kernel > kFixedTaps))
    return {Parameter::kKernel, "takes up to 32 taps on an axis"};
  if (!tables)
    if (const Refusal refusal = few_taps_refuse(shapes)) return refusal;
  if (const Refusal refusal = lanes_refuse(shapes)) return refusal;
  if (staged_cut(shapes, kStagedGroup, 1).planes == 0)
    return {window_parameter(shapes), "takes windows whose input fits into shared memory"};
  return {};
}

}  // namespace

Kernel staged() {
  return {
      .name = "staged",
      .summary = "planes or bands in shared memory: rows of any length, windows of any size",
      .takes = {.reductions = kReductions,
                .windowings = {Windowing::kSliding, Windowing::kAdaptive, Windowing::kFractional},
                .types = kTypesUpTo4Bytes,
                .operands = kValuesAndIndices},
      .refuses = refuses,
      .work = work};
}

}  // namespace poolbench::vulkan
