#include "kernels/vulkan/lanes.h"

#include <algorithm>
#include <cmath>

#include "kernels/reduce.h"
#include "kernels/vulkan/launch.h"

namespace poolbench::vulkan {
namespace {

// Invocations are numbered below 2^31; idle ones of the last groups have numbers as well.
constexpr int64_t kMostItems = (int64_t{1} << 31) - (1 << 24);
constexpr int64_t k2To31 = int64_t{1} << 31;
// Sums of integers are made in f32 and divided in f32 (lanes.glsl).
constexpr int64_t kMostIntegerTaps = 1 << 13;
// Of other sums: what fits half the digits of f32, whose products with another half are exact.
constexpr int64_t kMostHalfDivisor = 1 << 12;

Refusal sums_refuse(const Shapes& shapes) {
  const int64_t rows = most_taps(shapes, shapes.axis[0]) * most_taps(shapes, shapes.axis[1]);
  const int64_t columns = most_taps(shapes, shapes.axis[2]);
  if (!is_integer(shapes)) {
    if (std::abs(shapes.divisor) > kMostHalfDivisor)
      return {Parameter::kDivisor, "takes divisors of floats up to 2^12"};
    int64_t positions = 1;
    for (const Axis& axis : shapes.axis)
      positions *= std::clamp<int64_t>(axis.kernel, 1, kMostHalfDivisor + 1);
    if (positions > kMostHalfDivisor && Windowing(shapes.windowing) == Windowing::kSliding)
      return {window_parameter(shapes), "takes sums of floats in windows of up to 2^12 positions"};
    // A row's taps are added up, then the rows.
    if (rows + columns > kAllowedPlainTerms)
      return {window_parameter(shapes),
              "takes sums of windows whose rows and columns are 64 at most"};
    return {};
  }
  if (rows * columns > kMostIntegerTaps)
    return {window_parameter(shapes), "takes averages of integers of up to 2^13 taps"};
  if (std::abs(shapes.divisor) > kMostIntegerTaps)
    return {Parameter::kDivisor, "takes divisors of integers up to 2^13"};
  return {};
}

}  // namespace

Refusal lanes_refuse(const Shapes& shapes) {
  if (is_lp(shapes) && is_integer(shapes)) return {Parameter::kType, "takes norms of floats"};
  if (is_lp(shapes) && std::isinf(shapes.norm)) return {Parameter::kNorm, "takes finite norms"};
  const int64_t channels = channels_last(shapes) ? shapes.c : 1;
  // A place is twice the position (types.glsl).
  if (shapes.with_indices && src_plane_size(shapes) * channels >= k2To31 / 2)
    return {Parameter::kSrc,
            "takes planes (nhwc: images) of fewer than 2^30 elements with indices"};
  if (src_plane_size(shapes) * channels >= k2To31 || dst_plane_size(shapes) * channels >= k2To31)
    return {Parameter::kSrc, "takes planes (nhwc: images) of fewer than 2^31 elements"};
  if (shapes.n * shapes.c * dst_plane_size(shapes) >= kMostItems)
    return {Parameter::kSrc, "takes fewer than 2^31 - 2^24 outputs"};
  for (const Axis& axis : shapes.axis) {
    if (axis.kernel >= 1 << 20)
      return {window_parameter(shapes), "takes windows shorter than 2^20"};
    if (axis.stride >= 1 << 20) return {Parameter::kStride, "takes strides below 2^20"};
    if (axis.dilation >= 1 << 20 || axis.kernel * axis.dilation >= 1 << 28)
      return {Parameter::kDilation, "takes dilations below 2^20, windows that span less than 2^28"};
  }
  return is_sum(shapes) ? sums_refuse(shapes) : Refusal{};
}

bool is_known_window(const Shapes& shapes) {
  int64_t taps = 1;
  for (const Axis& axis : shapes.axis) {
    if (axis.dilation != 1 || axis.kernel > kFixedTaps) return false;
    taps *= axis.kernel;
  }
  return !in_tables(shapes) && taps <= kFixedTaps;
}

bool is_long_norm(const Shapes& shapes) {
  return is_lp(shapes) && shapes.norm != 1 && shapes.norm != 2;
}

int64_t reach(const Axis& axis) {
  return (axis.dst - 1) * axis.stride - axis.pad_begin + (axis.kernel - 1) * axis.dilation + 1;
}

int64_t common_divisor(const Shapes& shapes) {
  if (!is_sum(shapes)) return 0;
  if (shapes.divisor != 0) return shapes.divisor;
  if (in_tables(shapes)) return 0;
  const bool padded = Reduction(shapes.reduction) == Reduction::kAvgIncludePad;
  int64_t product = 1;
  for (const Axis& axis : shapes.axis) {
    if ((!padded && axis.pad_begin > 0) || reach(axis) > axis.src + (padded ? axis.pad_end : 0))
      return 0;
    product *= axis.kernel;
  }
  return product;
}

int64_t outputs_together(const Axis& axis, int64_t most, int64_t invocations, int64_t enough) {
  if (axis.kernel <= axis.stride || axis.dst <= 1) return 1;
  while (most > 1 && (most > axis.dst || invocations / most < enough)) most /= 2;
  return ceil_div(axis.dst, ceil_div(axis.dst, most));
}

}  // namespace poolbench::vulkan
