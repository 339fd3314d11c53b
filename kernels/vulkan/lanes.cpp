#include "kernels/vulkan/lanes.h"

#include <cmath>

#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Plain sums of up to so many additions keep the bound of host/spec.md, Judgement.
constexpr int64_t kPlainSum = 64;
// Invocations are numbered below 2^31; idle ones of the last groups have numbers as well.
constexpr int64_t kMostItems = (int64_t{1} << 31) - (1 << 24);

}  // namespace

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

}  // namespace poolbench::vulkan
