#include "host/backends/vulkan_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/problem.h"
#include "kernels/dtype.h"

namespace poolbench {
namespace {

// Invocations in a workgroup. Powers of two that suit sub-groups of 4 to 128; not tuned yet.
constexpr uint32_t kTableGroup = 128;
constexpr uint32_t kTeamGroup = 256;
constexpr uint32_t kSlidingGroup = 128;
constexpr int64_t kReduceGroup = 256;
// Outputs of an invocation of `sliding`, by whether it makes one channel or 16 bytes of them; one
// each where that would leave fewer invocations than keep a large GPU busy.
constexpr int64_t kRows = 4, kWideRows = 2, kEnoughInvocations = 1 << 18;
// Taps that are unrolled. Long unrolled windows have exhausted compilers (ncnn issue 1874).
constexpr int64_t kFixedTaps = 32;
// Plain sums keep the error bound up to so many additions one after another.
constexpr int64_t kPlainSum = 64;
// Taps from which on `table` has a workgroup make an output.
constexpr int64_t kTeamTaps = 2048;
// Elements that a member of a team in `reduce` takes at least; channels last, the most before a
// team grows at the cost of wide rows.
constexpr int64_t kMemberElements = 8, kMostMemberElements = 1 << 14;
constexpr int64_t kInFlight = 4;  // of table.comp and reduce.comp

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t src_plane(const PoolArgs& args) {
  return args.axis[0].src * args.axis[1].src * args.axis[2].src;
}
int64_t dst_plane(const PoolArgs& args) {
  return args.axis[0].dst * args.axis[1].dst * args.axis[2].dst;
}
bool channels_last(const PoolArgs& args) { return Layout(args.layout) == Layout::kChannelsLast; }
bool is_integer(const PoolArgs& args) { return DType(args.dtype) >= DType::kI8; }

std::string shader_name(const char* source, const PoolArgs& args) {
  const auto reduction = Reduction(args.reduction);
  return fmt::format("{}.{}.{}", source, token(DType(args.dtype)),
                     reduction == Reduction::kMax  ? args.with_indices ? "max_index" : "max"
                     : reduction == Reduction::kLp ? "lp"
                                                   : "average");
}

// kNorm of reductions.glsl.
uint32_t norm_constant(const PoolArgs& args) {
  if (Reduction(args.reduction) != Reduction::kLp) return 0;
  if (std::isinf(args.norm)) return uint32_t(-1);
  return args.norm >= 1 && args.norm <= 1024 && args.norm == std::floor(args.norm)
             ? uint32_t(args.norm)
             : 0;
}

// ---- table ----

// The most taps that a window has on an axis.
int64_t most_taps(const PoolArgs& args, const Axis& axis) {
  if (Windowing(args.windowing) != Windowing::kAdaptive || axis.dst == 0) return axis.kernel;
  return std::min(axis.src, axis.src / axis.dst + 2);
}

VulkanDispatch table(const PoolArgs& args) {
  const int64_t outputs = args.n * args.c * dst_plane(args);
  const int64_t planes = most_taps(args, args.axis[0]);
  const int64_t rows = planes * most_taps(args, args.axis[1]);
  const int64_t taps = rows * most_taps(args, args.axis[2]);
  const bool teams = taps >= kTeamTaps;
  const uint32_t group = teams ? kTeamGroup : kTableGroup;
  return {.shader = shader_name("table", args),
          .constants = {group, norm_constant(args), uint32_t(teams)},
          .groups = teams ? outputs : ceil_divide(outputs, group),
          .iterations = teams ? ceil_divide(taps, kInFlight * group) : taps + rows + planes};
}

// ---- sliding ----

// Elements an invocation handles side by side: 16 bytes of channels where they are aligned.
int64_t lanes(const PoolArgs& args) {
  const int64_t wide = 16 / dtype_bytes(DType(args.dtype));
  return channels_last(args) && args.c % wide == 0 ? wide : 1;
}

VulkanDispatch sliding(const PoolArgs& args) {
  const auto& [d, h, w] = args.axis;
  const int64_t wide = lanes(args);
  const int64_t outputs = args.n * args.c * dst_plane(args) / wide;
  int64_t rows = wide > 1 ? kWideRows : kRows;
  if (h.dilation > 1 || h.dst < rows || outputs / rows < kEnoughInvocations) rows = 1;
  const int64_t invocations = h.dst == 0 ? 0 : outputs / h.dst * ceil_divide(h.dst, rows);
  const bool clip = w.pad_begin > 0 ||
                    (w.dst - 1) * w.stride - w.pad_begin + (w.kernel - 1) * w.dilation >= w.src;
  const bool fixed = d.kernel * h.kernel * w.kernel <= kFixedTaps && d.dilation == 1 &&
                     h.dilation == 1 && w.dilation == 1;
  const auto constant = [&](int64_t value) { return fixed ? uint32_t(value) : 0; };
  return {.shader = shader_name(wide > 1 ? "sliding_wide" : "sliding", args),
          .constants = {kSlidingGroup, norm_constant(args), uint32_t(args.layout), uint32_t(rows),
                        uint32_t(clip), constant(d.kernel), constant(h.kernel), constant(w.kernel),
                        constant(h.stride), constant(w.stride)},
          .groups = ceil_divide(invocations, kSlidingGroup),
          .iterations = d.kernel * (1 + (h.kernel + (rows - 1) * h.stride) * (1 + w.kernel))};
}

const char* sliding_why_not(const PoolArgs& args) {
  const auto& [d, h, w] = args.axis;
  const auto reduction = Reduction(args.reduction);
  if (Windowing(args.windowing) != Windowing::kSliding) return "only sliding windows";
  if (reduction == Reduction::kLp && is_integer(args)) return "norms of integers stand in `table`";
  if (reduction == Reduction::kLp && std::isinf(args.norm)) return "norm inf stands in `table`";
  // 32-bit offsets inside a plane, or channels last an image; 32-bit numbers of invocations.
  constexpr int64_t kLimit = int64_t{1} << 31;
  const int64_t channels = channels_last(args) ? args.c : 1;
  if (src_plane(args) * channels >= kLimit || dst_plane(args) * channels >= kLimit)
    return "a plane (channels last: an image) has 2^31 elements or more";
  if (args.n * args.c * dst_plane(args) >= kLimit) return "2^31 outputs or more";
  for (const Axis& axis : args.axis)
    if (axis.kernel >= 1 << 20 || axis.stride >= 1 << 20 || axis.dilation >= 1 << 20 ||
        axis.kernel * axis.dilation >= 1 << 28)
      return "a window, stride or dilation of 2^20 or more";
  if (reduction == Reduction::kMax) return nullptr;
  if (std::abs(args.divisor) >= kLimit) return "a divisor of 2^31 or more";
  const int64_t rows = d.kernel * h.kernel;
  if (is_integer(args)) {
    if (rows * w.kernel >= 1 << 23) return "2^23 taps or more would overflow an integer sum";
  } else if (rows + w.kernel > kPlainSum) {
    return "so long a window needs compensated sums";
  }
  return nullptr;
}

// ---- reduce ----

const char* reduce_why_not(const PoolArgs& args) {
  const auto windowing = Windowing(args.windowing);
  const bool whole = windowing == Windowing::kGlobal ||
                     (windowing == Windowing::kAdaptive && dst_plane(args) == 1);
  return whole ? nullptr : "only windows that are the whole plane";
}

VulkanDispatch reduce(const PoolArgs& args) {
  const auto power_of_two = [](int64_t value, int64_t most) {
    return int64_t(std::bit_ceil(uint64_t(std::clamp<int64_t>(value, 1, most))));
  };
  const int64_t size = src_plane(args);
  int64_t team = power_of_two(ceil_divide(size, kMemberElements), kReduceGroup);
  int64_t teams = kReduceGroup / team;  // in a workgroup
  int64_t groups = ceil_divide(args.n * args.c, teams);
  if (channels_last(args)) {
    // 32 channels side by side, if there are as many.
    const int64_t side_by_side = power_of_two(args.c, 32);
    if (size / (kReduceGroup / side_by_side) <= kMostMemberElements)
      team = std::min(team, kReduceGroup / side_by_side);
    teams = std::min(side_by_side, kReduceGroup / team);
    groups = args.n * ceil_divide(args.c, teams);
  }
  return {.shader = shader_name("reduce", args),
          .constants = {uint32_t(teams * team), norm_constant(args), uint32_t(args.layout),
                        uint32_t(team)},
          .groups = groups,
          .iterations = ceil_divide(size, kInFlight * team)};
}

constexpr VulkanKernel kKernels[] = {
    {"reduce", "a whole plane by a team of invocations", reduce_why_not, reduce},
    {"sliding", "windows by arithmetic, rows shared by several outputs", sliding_why_not, sliding},
    {"table", "windows from the tables", takes_everything, table},
};

}  // namespace

std::span<const VulkanKernel> vulkan_kernels() { return kKernels; }

}  // namespace poolbench
