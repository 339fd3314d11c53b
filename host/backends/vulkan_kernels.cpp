#include "host/backends/vulkan_kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/backends/vulkan_shapes.h"
#include "host/backends/vulkan_staged_cut.h"
#include "host/problem.h"
#include "kernels/dtype.h"

namespace poolbench {
namespace {

// Nothing below is tuned: what is marked predicted follows from counts, not from measurements.

// Invocations in a workgroup, and where they join in teams. Powers of two that suit sub-groups of
// 4 to 128.
constexpr uint32_t kGroup = 128, kTeamGroup = 256;
// Fewer share the cost of a workgroup's begin, more hide each other's waits (predicted).
constexpr uint32_t kStagedGroup = 64;
// Outputs below each other of an invocation of `sliding`.
constexpr int64_t kRows = 4;
// Taps that are unrolled. Long unrolled windows have exhausted compilers (ncnn issue 1874).
constexpr int64_t kFixedTaps = 32;
// Plain sums keep the error bound up to so many additions one after another.
constexpr int64_t kPlainSum = 64;
// Taps from which on `table` has a workgroup make an output.
constexpr int64_t kTeamTaps = 2048;
// Taps from which on `staged` is faster than a kernel that shares them in registers (predicted).
constexpr int64_t kManyTaps = 25;
// What a member of a team in `reduce` takes at least: bytes of a plane, channels last places of it;
// channels last, the most before a team grows at the cost of accesses side by side, and these.
constexpr int64_t kMemberBytes = 32, kMemberPlaces = 4, kMostMemberPlaces = 1 << 14;
constexpr int64_t kMostSide = 32;
// Of shared memory for a team's Ops: a dozen workgroups on a multiprocessor (predicted).
constexpr int64_t kTeamBytes = 16 << 10;
constexpr int64_t kInFlight = 4;  // of table.comp and reduce_last.comp
// Invocations are numbered below 2^31; idle ones of the last groups have numbers as well.
constexpr int64_t kMostItems = (int64_t{1} << 31) - (1 << 24);

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

VulkanWork table(const PoolArgs& args, int64_t /*enough*/) {
  const int64_t outputs = args.n * args.c * dst_plane(args);
  const int64_t planes = most_taps(args, args.axis[0]);
  const int64_t rows = planes * most_taps(args, args.axis[1]);
  const int64_t taps = rows * most_taps(args, args.axis[2]);
  const bool teams = taps >= kTeamTaps;
  const uint32_t group = teams ? kTeamGroup : kGroup;
  return {{{.shader = shader_name("table", args),
            .constants = {group, norm_constant(args), uint32_t(teams)},
            .groups = teams ? outputs : ceil_divide(outputs, group),
            .iterations = teams ? ceil_divide(taps, kInFlight * group) : taps + rows + planes}}};
}

// ---- What sliding, strip and vector share ----

// Why a problem cannot be made of lanes (lanes.glsl), with 32-bit offsets inside a plane, or
// channels last an image.
const char* lanes_why_not(const PoolArgs& args) {
  const auto reduction = Reduction(args.reduction);
  if (reduction == Reduction::kLp && is_integer(args)) return "norms of integers stand in `table`";
  if (reduction == Reduction::kLp && std::isinf(args.norm)) return "norm inf stands in `table`";
  constexpr int64_t kLimit = int64_t{1} << 31;
  const int64_t channels = channels_last(args) ? args.c : 1;
  if (src_plane(args) * channels >= kLimit || dst_plane(args) * channels >= kLimit)
    return "a plane (channels last: an image) has 2^31 elements or more";
  if (args.n * args.c * dst_plane(args) >= kMostItems) return "2^31 - 2^24 outputs or more";
  for (const Axis& axis : args.axis)
    if (axis.kernel >= 1 << 20 || axis.stride >= 1 << 20 || axis.dilation >= 1 << 20 ||
        axis.kernel * axis.dilation >= 1 << 28)
      return "a window, stride or dilation of 2^20 or more";
  if (reduction == Reduction::kMax) return nullptr;
  if (std::abs(args.divisor) >= kLimit) return "a divisor of 2^31 or more";
  const int64_t rows = most_taps(args, args.axis[0]) * most_taps(args, args.axis[1]);
  const int64_t columns = most_taps(args, args.axis[2]);
  if (is_integer(args)) {
    if (rows * columns >= 1 << 23) return "2^23 taps or more would overflow an integer sum";
  } else if (rows + columns > kPlainSum) {
    return "so long a window needs compensated sums";
  }
  return nullptr;
}

// Whether a shader may know the window: dense, few taps, and norms whose powers are short code.
bool is_known_window(const PoolArgs& args) {
  int64_t taps = 1;
  for (const Axis& axis : args.axis) {
    if (axis.dilation != 1 || axis.kernel > kFixedTaps) return false;
    taps *= axis.kernel;
  }
  return Windowing(args.windowing) == Windowing::kSliding && taps <= kFixedTaps;
}
bool is_long_norm(const PoolArgs& args) {
  return Reduction(args.reduction) == Reduction::kLp && args.norm != 1 && args.norm != 2;
}

// The input that the last window reaches, counted from the input's begin.
int64_t reach(const Axis& axis) {
  return (axis.dst - 1) * axis.stride - axis.pad_begin + (axis.kernel - 1) * axis.dilation + 1;
}

// What all windows are divided by, or 0 where they differ: the given divisor, or every tap where
// none is cut.
uint32_t common_divisor(const PoolArgs& args) {
  if (Reduction(args.reduction) == Reduction::kMax) return 0;
  if (args.divisor != 0) return uint32_t(args.divisor);
  if (Windowing(args.windowing) != Windowing::kSliding) return 0;
  const bool padded = Reduction(args.reduction) == Reduction::kAvgIncludePad;
  int64_t product = 1;
  for (const Axis& axis : args.axis) {
    if ((!padded && axis.pad_begin > 0) || reach(axis) > axis.src + (padded ? axis.pad_end : 0))
      return 0;
    product *= axis.kernel;
  }
  return uint32_t(product);
}

// Outputs of an invocation on an axis: `most`, halved until enough invocations are left.
int64_t outputs_together(const Axis& axis, int64_t most, int64_t invocations, int64_t enough) {
  if (axis.kernel <= axis.stride) return 1;  // nothing is shared
  while (most > 1 && (most > axis.dst || invocations / most < enough)) most /= 2;
  return most;
}

// ---- sliding ----

VulkanWork sliding(const PoolArgs& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t outputs = args.n * args.c * dst_plane(args);
  const int64_t rows = h.dilation > 1 ? 1 : outputs_together(h, kRows, outputs, enough);
  const int64_t strips = ceil_divide(h.dst, rows);
  const bool clip = w.pad_begin > 0 || reach(w) > w.src;
  const bool fixed = is_known_window(args);
  const auto constant = [&](int64_t value) { return fixed ? uint32_t(value) : 0; };
  return {{{.shader = shader_name("sliding", args),
            .constants = {kGroup, norm_constant(args), uint32_t(args.layout), uint32_t(rows),
                          uint32_t(clip), constant(d.kernel), constant(h.kernel),
                          constant(w.kernel), constant(h.stride), constant(w.stride)},
            .groups = ceil_divide(args.n * args.c * d.dst * strips * w.dst, kGroup),
            .extents = {w.dst, strips, d.dst, args.c},
            .iterations = d.kernel * (1 + (h.kernel + (rows - 1) * h.stride) * (1 + w.kernel))}}};
}

const char* sliding_why_not(const PoolArgs& args) {
  if (Windowing(args.windowing) != Windowing::kSliding) return "only sliding windows";
  return lanes_why_not(args);
}

// ---- strip ----

// Predicted: rows below each other share input rows, 4 where the stride is 1; twice as many lanes
// as a half float's leave registers for half of them.
VulkanWork strip(const PoolArgs& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t wide = lanes(args), tiles = ceil_divide(w.dst, wide);
  const int64_t most = h.stride > 1 || wide > 8 ? 2 : 4;
  const int64_t rows = outputs_together(h, most, args.n * args.c * d.dst * h.dst * tiles, enough);
  const int64_t strips = ceil_divide(h.dst, rows);
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
            .groups = ceil_divide(args.n * args.c * d.dst * strips * tiles, kGroup),
            .extents = {tiles, strips, d.dst},
            .iterations = d.kernel * src_rows * wide * (w.stride + w.kernel + rows)}}};
}

const char* strip_why_not(const PoolArgs& args) {
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

// ---- vector ----

// Predicted: 2x2 outputs share their taps; of 16 lanes two outputs fill the registers.
VulkanWork vector(const PoolArgs& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const int64_t wide = lanes(args), runs = args.c / wide;
  const bool known = is_known_window(args) && !is_long_norm(args);
  const int64_t outputs = args.n * runs * dst_plane(args);
  const int64_t across = known ? outputs_together(w, 2, outputs, enough) : 1;
  const int64_t rows =
      known && wide * across <= 16 ? outputs_together(h, 2, outputs / across, enough) : 1;
  const int64_t strips = ceil_divide(h.dst, rows), tiles = ceil_divide(w.dst, across);
  const auto constant = [&](int64_t value) { return known ? uint32_t(value) : 0; };
  const int64_t planes = most_taps(args, d), lines = planes * most_taps(args, h);
  return {
      {{.shader = shader_name("vector", args),
        .constants = {kGroup, norm_constant(args), uint32_t(across), uint32_t(rows),
                      constant(d.kernel), constant(h.kernel), constant(w.kernel),
                      constant(h.stride), constant(w.stride), common_divisor(args)},
        .groups = ceil_divide(args.n * runs * d.dst * strips * tiles, kGroup),
        .extents = {runs, tiles, strips, d.dst},
        .iterations = known ? d.kernel * (h.kernel + h.stride) * (w.kernel + w.stride) * wide * 4
                            : planes + lines + lines * most_taps(args, w)}}};
}

const char* vector_why_not(const PoolArgs& args) {
  if (!channels_last(args)) return "only channels last";
  if (DType(args.dtype) == DType::kF64) return "only types of up to 4 bytes";
  if (Windowing(args.windowing) == Windowing::kFractional) return "no fractional windows";
  if (args.c % lanes(args) != 0) return "only channels in whole 16-byte runs";
  return lanes_why_not(args);
}

// ---- staged ----

// Windows in shared memory.
VulkanWork staged(const PoolArgs& args, int64_t enough) {
  const auto& [d, h, w] = args.axis;
  const StagedCut cut = staged_cut(args, kStagedGroup, enough);
  const auto dense = [&](int64_t value) { return in_tables(args) ? 1 : uint32_t(value); };
  const int64_t bands_w = ceil_divide(w.dst, cut.columns), bands_h = ceil_divide(h.dst, cut.rows);
  const int64_t groups = channels_last(args) ? args.n * ceil_divide(args.c, cut.planes)
                                             : ceil_divide(args.n * args.c, cut.planes);
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
                          uint32_t(cut.inside_h.begin),
                          uint32_t(cut.inside_h.end),
                          uint32_t(cut.inside_w.begin),
                          uint32_t(cut.inside_w.end)},
            .groups = groups * bands_w * bands_h,
            .extents = {bands_w, bands_h},
            .shared_bytes = cut.shared_bytes,
            .iterations = iterations}}};
}

const char* staged_why_not(const PoolArgs& args) {
  const auto& [d, h, w] = args.axis;
  if (DType(args.dtype) == DType::kF64) return "only types of up to 4 bytes";
  if (Windowing(args.windowing) == Windowing::kGlobal) return "no global windows";
  if (d.src != 1 || d.dst != 1) return "only problems of 1D and 2D";
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

// ---- reduce ----

// Sliding windows too: adaptive ones of one output arrive as such.
const char* reduce_why_not(const PoolArgs& args) {
  bool whole = Windowing(args.windowing) == Windowing::kSliding;
  for (const Axis& axis : args.axis)
    whole &= axis.dst == 1 && axis.kernel == axis.src && axis.pad_begin == 0 && axis.dilation == 1;
  return whole || Windowing(args.windowing) == Windowing::kGlobal ? nullptr
                                                                  : "only windows of whole planes";
}

// Bytes of an Op of reductions.glsl, and of one in scratch memory.
int64_t op_bytes(const PoolArgs& args) {
  const bool wide = DType(args.dtype) == DType::kF64;
  if (Reduction(args.reduction) == Reduction::kMax) return args.with_indices ? 16 : wide ? 8 : 4;
  if (Reduction(args.reduction) == Reduction::kLp) return wide || is_integer(args) ? 24 : 12;
  return wide ? 16 : 8;
}
constexpr int64_t kScratchOpBytes = 32;

// In how many parts each plane is reduced. Predicted: a plane is cut where the workgroups would be
// fewer than four on each of 132 multiprocessors and each had more to read than a second pass
// costs.
int64_t parts_of(const PoolArgs& args, int64_t groups) {
  constexpr int64_t kEnoughGroups = 528, kPartBytes = 64 << 10, kMostParts = 256;
  if (groups == 0) return 1;
  const int64_t bytes = args.n * args.c * src_plane(args) * dtype_bytes(DType(args.dtype));
  return std::clamp(std::min(kEnoughGroups / groups, bytes / groups / kPartBytes), int64_t{1},
                    kMostParts);
}

VulkanWork reduce(const PoolArgs& args, int64_t /*enough*/) {
  const int64_t size = src_plane(args), wide = lanes(args), planes = args.n * args.c;
  VulkanDispatch pass;
  int64_t team, parts;
  if (channels_last(args)) {
    const int64_t channels = args.c % wide == 0 ? wide : 1, columns = args.c / channels;
    int64_t side = power_of_two(columns, kMostSide);
    int64_t group = kTeamGroup;
    while (group * channels * op_bytes(args) > kTeamBytes) group /= 2;
    side = std::min(side, group);
    team = power_of_two(ceil_divide(size, kMemberPlaces), group / side);
    for (; size / team > kMostMemberPlaces && side > 1; side /= 2) team *= 2;
    const int64_t groups = args.n * ceil_divide(columns, side);
    parts = parts_of(args, groups);
    pass = {.shader = shader_name(channels > 1 ? "reduce_wide" : "reduce_last", args),
            .constants = {uint32_t(side * team), norm_constant(args), uint32_t(team),
                          uint32_t(parts), uint32_t(side)},
            .groups = groups * parts,
            .shared_bytes = side * team * channels * op_bytes(args),
            .iterations = size / parts / team + 2 * kInFlight};
  } else {
    const int64_t bytes = size * dtype_bytes(DType(args.dtype));
    team = power_of_two(ceil_divide(bytes, kMemberBytes), kTeamGroup);
    const int64_t groups = ceil_divide(planes, kTeamGroup / team);
    parts = parts_of(args, groups);
    pass = {
        .shader = shader_name("reduce", args),
        .constants = {uint32_t(kTeamGroup), norm_constant(args), uint32_t(team), uint32_t(parts)},
        .groups = groups * parts,
        .shared_bytes = kTeamGroup * op_bytes(args),
        .iterations = size / parts / team + 2 * wide};
  }
  if (parts == 1) return {{pass}};
  const int64_t join_team = power_of_two(parts, 64), joined = kTeamGroup / join_team;
  return {{pass,
           {.shader = shader_name("join", args),
            .constants = {uint32_t(kTeamGroup), norm_constant(args), uint32_t(join_team),
                          uint32_t(parts)},
            .groups = ceil_divide(planes, joined),
            .shared_bytes = kTeamGroup * op_bytes(args),
            .iterations = parts}},
          parts * planes * kScratchOpBytes};
}

constexpr VulkanKernel kKernels[] = {
    {"reduce", "a whole plane by a team of invocations", reduce_why_not, reduce},
    {"staged", "planes or bands in shared memory: rows of any length, windows of any size",
     staged_why_not, staged},
    {"strip", "channels first, 16 bytes of outputs side by side", strip_why_not, strip},
    {"vector", "channels last, 16 bytes of channels", vector_why_not, vector},
    {"sliding", "windows by arithmetic, rows shared by several outputs", sliding_why_not, sliding},
    {"table", "windows from the tables", takes_everything, table},
};

}  // namespace

std::span<const VulkanKernel> vulkan_kernels() { return kKernels; }

}  // namespace poolbench
