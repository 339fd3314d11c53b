// The kernels whose outputs share work: windows made of lanes (kernels/vulkan/lanes.glsl).
#include "host/backends/vulkan_lanes.h"

#include <cmath>

#include "host/backends/vulkan_shapes.h"
#include "host/backends/vulkan_staged_cut.h"

namespace poolbench::vulkan {
namespace {

// Nothing below is tuned: what is marked predicted follows from counts, not from measurements.

// Fewer share the cost of a workgroup's begin, more hide each other's waits (predicted).
constexpr uint32_t kStagedGroup = 64;
// Outputs below each other of an invocation of `sliding`.
constexpr int64_t kRows = 4;
// Taps that are unrolled. Long unrolled windows have exhausted compilers (ncnn issue 1874).
constexpr int64_t kFixedTaps = 32;
// Plain sums of up to so many additions keep the bound of host/spec.md, Judgement.
constexpr int64_t kPlainSum = 64;
// Taps from which on `staged` is faster than a kernel that shares them in registers (predicted).
constexpr int64_t kManyTaps = 25;
// Invocations are numbered below 2^31; idle ones of the last groups have numbers as well.
constexpr int64_t kMostItems = (int64_t{1} << 31) - (1 << 24);

// Why a problem cannot be made of lanes (lanes.glsl), with 32-bit offsets inside a plane, or
// channels last an image.
const char* lanes_why_not(const Shapes& args) {
  const auto reduction = Reduction(args.reduction);
  if (reduction == Reduction::kLp && is_integer(args)) return "norms of integers stand in `table`";
  if (reduction == Reduction::kLp && std::isinf(args.norm)) return "norm inf stands in `table`";
  constexpr int64_t kLimit = int64_t{1} << 31;
  const int64_t channels = channels_last(args) ? args.c : 1;
  if (src_plane_size(args) * channels >= kLimit || dst_plane_size(args) * channels >= kLimit)
    return "a plane (channels last: an image) has 2^31 elements or more";
  if (args.n * args.c * dst_plane_size(args) >= kMostItems) return "2^31 - 2^24 outputs or more";
  for (const Axis& axis : args.axis)
    if (axis.kernel >= 1 << 20 || axis.stride >= 1 << 20 || axis.dilation >= 1 << 20 ||
        axis.kernel * axis.dilation >= 1 << 28)
      return "a window, stride or dilation of 2^20 or more";
  if (reduction == Reduction::kMax) return nullptr;
  if (std::abs(args.divisor) >= kLimit) return "a divisor of 2^31 or more";
  const int64_t rows = most_taps(args, args.axis[0]) * most_taps(args, args.axis[1]);
  const int64_t columns = most_taps(args, args.axis[2]);
  if (is_integer(args)) {
    if (rows * columns > 1 << 13 || std::abs(args.divisor) > 1 << 13)
      return "averages of integers over more than 2^13 taps, or divided by more";
  } else if (rows + columns > kPlainSum) {
    return "so long a window needs compensated sums";
  }
  return nullptr;
}

// Whether a shader may know the window: dense, few taps, and norms whose powers are short code.
bool is_known_window(const Shapes& args) {
  int64_t taps = 1;
  for (const Axis& axis : args.axis) {
    if (axis.dilation != 1 || axis.kernel > kFixedTaps) return false;
    taps *= axis.kernel;
  }
  return Windowing(args.windowing) == Windowing::kSliding && taps <= kFixedTaps;
}
bool is_long_norm(const Shapes& args) {
  return Reduction(args.reduction) == Reduction::kLp && args.norm != 1 && args.norm != 2;
}

// The input that the last window reaches, counted from the input's begin.
int64_t reach(const Axis& axis) {
  return (axis.dst - 1) * axis.stride - axis.pad_begin + (axis.kernel - 1) * axis.dilation + 1;
}

// What all windows are divided by, or 0 where they differ: the given divisor, or every tap where
// none is cut.
uint32_t common_divisor(const Shapes& args) {
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

// Outputs of an invocation on an axis: `most`, halved until enough invocations are left, in even
// shares of the axis.
int64_t outputs_together(const Axis& axis, int64_t most, int64_t invocations, int64_t enough) {
  if (axis.kernel <= axis.stride || axis.dst <= 1) return 1;  // nothing is shared
  while (most > 1 && (most > axis.dst || invocations / most < enough)) most /= 2;
  return ceil_div(axis.dst, ceil_div(axis.dst, most));
}

}  // namespace

// ---- sliding ----

VulkanWork sliding_work(const Shapes& args, int64_t enough) {
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

// ---- strip ----

// Predicted: rows below each other share input rows, 4 where the stride is 1; twice as many lanes
// as a half float's leave registers for half of them.
VulkanWork strip_work(const Shapes& args, int64_t enough) {
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

// ---- vector ----

// Outputs that share their taps. Predicted: 64 lanes of results, and the words of a row, leave
// registers for a quarter of the threads; at strides beyond 1 more than 2x2 outputs share little.
VulkanWork vector_work(const Shapes& args, int64_t enough) {
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

// ---- staged ----

// Windows in shared memory.
VulkanWork staged_work(const Shapes& args, int64_t enough) {
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
