#include "host/predict.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/windows.h"
#include "kernels/reduce.h"

namespace poolbench {

namespace {

// Calls `visit(value, index)` with each tap of an output in row-major order.
template <class Visit>
void each_tap(const Problem& problem, const void* src, const Point& point, Visit&& visit) {
  const int64_t plane = point.n * problem.c() + point.c;
  Window window[3];
  int64_t step[3] = {1, 1, 1};
  for (int axis = 0; axis < 3; ++axis) {
    window[axis] = windows(problem, axis, plane)[point.output[axis]];
    if (problem.spec().windowing == Windowing::kSliding) step[axis] = problem.spec().dilation[axis];
  }
  dispatch(problem.dtype(), [&](auto tag) {
    const auto* elements = static_cast<const typename decltype(tag)::type*>(src);
    const Extents n = problem.src();
    const int64_t size = n[0] * n[1] * n[2];
    for (int64_t d = window[0].begin; d < window[0].end; d += step[0])
      for (int64_t h = window[1].begin; h < window[1].end; h += step[1])
        for (int64_t w = window[2].begin; w < window[2].end; w += step[2]) {
          const int64_t at = (d * n[1] + h) * n[2] + w;
          visit(double(load(elements[problem.layout() == Layout::kChannelsLast
                                         ? (point.n * size + at) * problem.c() + point.c
                                         : plane * size + at])),
                at);
        }
  });
}

}  // namespace

std::vector<double> taps(const Problem& problem, const void* src, const Point& point) {
  std::vector<double> values;
  each_tap(problem, src, point, [&](double value, int64_t) { values.push_back(value); });
  return values;
}

int64_t first_nan(const Problem& problem, const void* src, const Point& point) {
  int64_t first = -1;
  each_tap(problem, src, point, [&](double value, int64_t index) {
    if (first < 0 && std::isnan(value)) first = index;
  });
  return first;
}

bool plane_has_nan(const Problem& problem, const void* src, const Point& point) {
  const Problem whole = problem.with([](Description& d) {
    PoolSpec spec;
    spec.reduction = d.spec.reduction;
    spec.windowing = Windowing::kGlobal;
    d.spec = spec;
  });
  Point all;
  all.n = point.n, all.c = point.c;
  return first_nan(whole, src, all) >= 0;
}

double lowest_finite(DType dtype) {
  const TypeFacts& type = facts(dtype);
  double lowest = -std::ldexp(2 - std::ldexp(1.0, 1 - type.digits), 1 - type.min_exponent);
  dispatch(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) lowest = double(kLowestInteger<T>);
  });
  return lowest;
}

bool may_sum_to_nan(const std::vector<double>& taps, double infinity, double largest) {
  double against = 0;
  for (const double tap : taps)
    if (std::isfinite(tap) && (tap > 0) != (infinity > 0)) against += std::fabs(tap);
  return against > largest;
}

Prediction any_tap(std::string rule) { return {std::move(rule), -INFINITY, INFINITY, true}; }

namespace {

// Returns the divisor of an average.
double divisor_of(const Problem& problem, const Point& point) {
  if (problem.spec().divisor != 0) return double(problem.spec().divisor);
  double divisor = 1;
  for (int axis = problem.first_axis(); axis < 3; ++axis)
    divisor *= double(windows(problem, axis)[point.output[axis]].count);
  return divisor;
}

// Returns the sum of |x| over an average's taps, divided by |divisor|.
double mean_magnitude(const std::vector<double>& taps, double divisor) {
  double magnitude = 0;
  for (const double tap : taps) magnitude += std::fabs(tap) / std::fabs(divisor);
  return magnitude;
}

}  // namespace

std::vector<Prediction> running_sum(const Problem& problem, const std::vector<double>& taps,
                                    const Point& point, std::string rule) {
  const double p = problem.spec().norm;
  const bool lp = problem.spec().reduction == Reduction::kLp;
  // With an infinity the bound would be infinite and explain any number.
  if (is_extreme(problem.spec().reduction) || (lp && std::isinf(p)) ||
      !std::isfinite(point.expected))
    return {};
  const bool f64 = problem.dtype() == DType::kF64;
  const double half_ulp = problem.dtype() == DType::kBF16  ? 0x1p-8
                          : problem.dtype() == DType::kF16 ? 0x1p-11
                          : f64                            ? 0x1p-53
                                                           : 0x1p-24;
  // Of Lp the sum of powers is off by that share, and its root by 1 / p of it; a power and a root
  // are off by some ulp themselves.
  const double share = (double(taps.size()) + (lp ? 8 : 0)) * (f64 ? 0x1p-53 : 0x1p-24);
  const double magnitude = lp ? std::fabs(point.expected) / std::min(p, 1.0)
                              : mean_magnitude(taps, divisor_of(problem, point));
  const double sum = share * magnitude;
  const double off = sum + half_ulp * (std::fabs(point.expected) + sum);
  constexpr double kMost = std::numeric_limits<double>::max();
  return {{std::move(rule), std::max(point.expected - off, -kMost),
           std::min(point.expected + off, kMost)}};
}

Prediction sum_in_the_type(const Problem& problem, const std::vector<double>& taps,
                           const Point& point, std::string rule) {
  double result = 0;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    auto value = store<T>(0.0);
    for (const double tap : taps) value = store<T>(load(value) + load(store<T>(tap)));
    for (int axis = 0; axis < 3; ++axis)
      value = store<T>(load(value) /
                       load(store<T>(double(windows(problem, axis)[point.output[axis]].count))));
    result = double(load(value));
  });
  return exactly(std::move(rule), result);
}

std::vector<Prediction> index_without_depth(const Problem& problem, const Point& point,
                                            std::string rule) {
  bool lowest = false;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    lowest = point.expected == double(poolbench::lowest<T>());
  });
  if (!lowest || problem.rank() != 3 || problem.layout() != Layout::kChannelsLast) return {};
  const int64_t plane = problem.src()[1] * problem.src()[2];
  return {exactly(std::move(rule), point.expected, point.expected_index % plane)};
}

Prediction f32_average(const Problem& problem, const std::vector<double>& taps, const Point& point,
                       std::string rule) {
  const double divisor = divisor_of(problem, point);
  const double magnitude = mean_magnitude(taps, divisor);
  double mean = 0;
  for (const double tap : taps) mean += tap / divisor;
  // Multiplying by a rounded reciprocal is off by 1.5 ulp; sums below 2^24 are exact.
  const bool exact_sum = magnitude * std::fabs(divisor) < 0x1p24;
  const double off =
      0x1p-22 * std::fabs(mean) + (exact_sum ? 0 : double(taps.size()) * 0x1p-24 * magnitude);
  const bool i8 = problem.dtype() == DType::kI8;
  const auto stored = [&](double value) {
    return std::clamp(std::nearbyint(value), i8 ? -128.0 : 0.0, i8 ? 127.0 : 255.0);
  };
  return {std::move(rule), stored(mean - off), stored(mean + off)};
}

}  // namespace poolbench
