#include "host/reference.h"

#include <cmath>
#include <functional>
#include <type_traits>

#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

// The positions of one output's window on one axis: `first + j * step` for j in [0, count), also
// those outside the input. `padded_end` is one past the padded input.
struct AxisTaps {
  int64_t first, count, step, padded_end;
};

AxisTaps axis_taps(const Problem& problem, int axis, int64_t plane, int64_t o) {
  const PoolSpec& spec = problem.spec();
  const int64_t n = problem.src()[axis];
  if (axis < problem.first_axis()) return {0, 1, 1, 1};
  switch (spec.windowing) {
    case Windowing::kSliding: {
      const Padding pads = problem.padding();
      return {o * spec.stride[axis] - pads.begin[axis], spec.kernel[axis], spec.dilation[axis],
              n + pads.end[axis]};
    }
    case Windowing::kAdaptive: {
      const __int128 out = spec.out[axis];
      const auto begin = int64_t(__int128{o} * n / out);
      const auto end = int64_t((__int128{o + 1} * n + out - 1) / out);
      return {begin, end - begin, 1, n};
    }
    case Windowing::kGlobal:
      return {0, n, 1, n};
    case Windowing::kFractional: {
      const int64_t kernel = spec.kernel[axis], out = spec.out[axis];
      if (o == out - 1) return {n - kernel, kernel, 1, n};
      const double u = sample(problem, plane, axis);
      const double alpha = double(n - kernel) / double(out - 1);
      return {int64_t(std::trunc((double(o) + u) * alpha)) - int64_t(std::trunc(u * alpha)), kernel,
              1, n};
    }
  }
  return {};
}

// Visits the taps in row-major order. Returns the count for the divisor: of taps, or with
// `include_pad` of positions inside the padded input.
template <class Visit>
int64_t walk(const Problem& problem, const AxisTaps (&taps)[3], bool include_pad, Visit&& visit) {
  const Extents& src = problem.src();
  int64_t count = 1;
  for (int axis = 0; axis < 3; ++axis) {
    int64_t counted = 0;
    for (int64_t j = 0; j < taps[axis].count; ++j) {
      const int64_t x = taps[axis].first + j * taps[axis].step;
      counted += include_pad ? x < taps[axis].padded_end : x >= 0 && x < src[axis];
    }
    count *= counted;
  }
  for (int64_t i = 0; i < taps[0].count; ++i) {
    const int64_t d = taps[0].first + i * taps[0].step;
    if (d < 0 || d >= src[0]) continue;
    for (int64_t j = 0; j < taps[1].count; ++j) {
      const int64_t h = taps[1].first + j * taps[1].step;
      if (h < 0 || h >= src[1]) continue;
      for (int64_t k = 0; k < taps[2].count; ++k) {
        const int64_t w = taps[2].first + k * taps[2].step;
        if (w >= 0 && w < src[2]) visit((d * src[1] + h) * src[2] + w);
      }
    }
  }
  return count;
}

// Real: the type of the arithmetic, long double for f64 and double for all others.
template <class T, class Real>
Expected expect(const Problem& problem, const AxisTaps (&taps)[3], const T* src, int64_t plane) {
  const PoolSpec& spec = problem.spec();
  const int64_t size = problem.src()[0] * problem.src()[1] * problem.src()[2];
  const int64_t n = plane / problem.c(), c = plane % problem.c();
  const bool last = problem.layout() == Layout::kChannelsLast;
  const auto element = [&](int64_t i) {
    return Real(load(src[last ? (n * size + i) * problem.c() + c : plane * size + i]));
  };

  Expected expected;
  const auto extreme = [&](auto empty, auto beats) {
    expected.value = empty;
    walk(problem, taps, false, [&](int64_t i) {
      const Real x = element(i);
      if (expected.taps++ == 0 || beats(x, Real(expected.value)) || std::isnan(x))
        expected.value = x, expected.index = i;
    });
    return expected;
  };
  switch (spec.reduction) {
    case Reduction::kMax:
      return extreme(lowest<T>(), std::greater<Real>());
    case Reduction::kMin:
      return extreme(highest<T>(), std::less<Real>());
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
    case Reduction::kLp:
      break;
  }

  const double p = spec.norm;
  Real sum = 0, sum_abs = 0, largest = 0, smallest = 0;
  const bool lp = spec.reduction == Reduction::kLp;
  const int64_t count =
      walk(problem, taps, spec.reduction == Reduction::kAvgIncludePad, [&](int64_t i) {
        const Real x = element(i), magnitude = std::fabs(x);
        const Real term = !lp                       ? magnitude
                          : p == 2                  ? x * x
                          : p == 1 || std::isinf(p) ? magnitude
                                                    : std::pow(magnitude, Real(p));
        ++expected.taps;
        sum += lp ? term : x;
        sum_abs += term;
        if (magnitude > largest || std::isnan(magnitude)) largest = magnitude;
        if (term > 0 && (smallest == 0 || term < smallest)) smallest = term;
      });
  expected.largest_partial = sum_abs;
  expected.smallest_term = smallest;
  if (lp) {
    const Real mean = spec.norm_mean && expected.taps > 0 ? sum / Real(expected.taps) : sum;
    expected.value = std::isinf(p) ? largest
                     : p == 1      ? mean
                     : p == 2      ? std::sqrt(mean)
                                   : std::pow(mean, Real(1) / Real(p));
    expected.magnitude = std::fabs(expected.value);
    return expected;
  }
  const int64_t divisor = spec.divisor != 0 ? spec.divisor : count;
  if (divisor == 0) return expected;
  expected.value = sum / Real(divisor);
  expected.magnitude = sum_abs / std::fabs(Real(divisor));
  if constexpr (std::is_integral_v<T>) {
    // Rounds the exact quotient to nearest even, in integers: from its floor and the doubled
    // remainder.
    const __int128 numerator = divisor < 0 ? -__int128(sum) : __int128(sum);
    const __int128 denominator = divisor < 0 ? -__int128{divisor} : __int128{divisor};
    __int128 whole = numerator / denominator;
    if (numerator < whole * denominator) --whole;
    const __int128 twice = 2 * (numerator - whole * denominator);
    if (twice > denominator || (twice == denominator && whole % 2 != 0)) ++whole;
    const __int128 low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    expected.integer = int64_t(whole < low ? low : whole > high ? high : whole);
  }
  return expected;
}

}  // namespace

Reference::Reference(const Problem& problem, const void* src) : problem_(problem), src_(src) {}

Expected Reference::at(int64_t plane, const Extents& output) const {
  const AxisTaps taps[3] = {axis_taps(problem_, 0, plane, output[0]),
                            axis_taps(problem_, 1, plane, output[1]),
                            axis_taps(problem_, 2, plane, output[2])};
  Expected expected;
  dispatch(problem_.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Real = std::conditional_t<std::is_same_v<T, double>, long double, double>;
    expected = expect<T, Real>(problem_, taps, static_cast<const T*>(src_), plane);
  });
  return expected;
}

}  // namespace poolbench
