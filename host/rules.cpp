#include "host/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "host/predict.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

using Values = std::vector<Expected>;

bool is_integer(DType dtype) { return !facts(dtype).is_float(); }

Expected with_value(Expected expected, long double value) {
  expected.value = value;
  return expected;
}

bool is_plain_max(const Problem& problem) { return problem.spec().reduction == Reduction::kMax; }

// The largest tap that is no NaN, -inf if there is none.
double largest(const EachTap& each_tap) {
  double found = -INFINITY;
  each_tap([&](double tap) { found = std::fmax(found, tap); });
  return found;
}

Values drops_nan(const Problem& problem, const Expected& expected, int64_t,
                 const EachTap& each_tap) {
  if (!is_plain_max(problem) || !std::isnan(expected.value)) return {};
  return {with_value(expected,
                     std::max<long double>(largest(each_tap), lowest_finite(problem.dtype())))};
}

Values from_lowest(const Problem& problem, const Expected& expected, int64_t, const EachTap&) {
  if (!is_plain_max(problem) || expected.value != -INFINITY) return {};
  return {with_value(expected, lowest_finite(problem.dtype()))};
}

// Not where the index is asked for, about which such texts say nothing either.
Values any_by_order(const Problem& problem, const Expected& expected, int64_t,
                    const EachTap& each_tap) {
  if (!is_plain_max(problem) || !std::isnan(expected.value) || problem.spec().indices) return {};
  Values values = {expected};
  std::set<double> seen;
  each_tap([&](double tap) {
    if (!std::isnan(tap) && seen.insert(tap).second) values.push_back(with_value(expected, tap));
  });
  return values;
}

int64_t window_positions(const Problem& problem) {
  const Extents& k = problem.spec().kernel;
  return k[0] * k[1] * k[2];
}

// An integer average is rounded by `round` and saturated.
Expected with_integer(Expected expected, DType dtype, long double (*round)(long double)) {
  dispatch(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>)
      expected.integer = int64_t(std::clamp<long double>(round(expected.sum / expected.divisor),
                                                         std::numeric_limits<T>::min(),
                                                         std::numeric_limits<T>::max()));
  });
  return expected;
}

long double nearest_even(long double x) { return std::nearbyint(x); }
long double half_away(long double x) { return std::round(x); }
long double toward_zero(long double x) { return std::trunc(x); }

template <long double (*kRound)(long double)>
Values rounds(const Problem& problem, const Expected& expected, int64_t, const EachTap&) {
  if (!is_average(problem.spec().reduction) || !is_integer(problem.dtype())) return {};
  const Expected other = with_integer(expected, problem.dtype(), kRound);
  return other.integer == expected.integer ? Values{} : Values{other};
}

Values whole_window(const Problem& problem, const Expected& expected, int64_t, const EachTap&) {
  const auto positions = (long double)(window_positions(problem));
  if (problem.spec().reduction != Reduction::kAvgIncludePad ||
      problem.spec().windowing != Windowing::kSliding || problem.spec().divisor != 0 ||
      expected.divisor == positions)
    return {};
  Expected other = expected;
  other.divisor = positions;
  other.value = expected.sum / positions;
  other.magnitude = expected.magnitude * expected.divisor / positions;
  return {with_integer(other, problem.dtype(), nearest_even)};
}

// (k / taps * sum of x^p)^(1/p), with the signs of x^p.
Values signed_lp(const Problem& problem, const Expected& expected, int64_t,
                 const EachTap& each_tap) {
  const PoolSpec& spec = problem.spec();
  if (spec.reduction != Reduction::kLp || spec.norm_mean || std::isinf(spec.norm) ||
      expected.taps == 0)
    return {};
  const long double p = spec.norm;
  long double sum = 0, all = 0;
  bool negative = false;
  each_tap([&](double tap) {
    negative |= tap < 0;
    sum += std::pow((long double)(tap), p);
    all += std::pow(std::fabs((long double)(tap)), p);
  });
  const bool whole =
      spec.windowing != Windowing::kSliding || window_positions(problem) == expected.taps;
  const bool even = p == 2 * std::floor(p / 2);
  if (whole && (even || !negative)) return {};
  const long double scale =
      whole ? 1 : (long double)(window_positions(problem)) / (long double)(expected.taps);
  Expected other = with_value(expected, std::pow(scale * sum, 1 / p));
  // Terms of both signs cancel, and their errors stay.
  other.magnitude = sum != 0 ? std::fabs(other.value) * all / std::fabs(sum) : expected.magnitude;
  return {other};
}

Values flat_indices(const Problem& problem, const Expected& expected, int64_t plane,
                    const EachTap&) {
  if (!problem.spec().indices || expected.index < 0 || plane == 0) return {};
  Expected other = expected;
  const Extents& n = problem.src();
  other.index += plane * n[0] * n[1] * n[2];
  return {other};
}

constexpr Rule kRules[] = {
    {"onnx",
     "max_nan_open",
     "ONNX does not say what NaN gives: NaN, or any other tap",
     any_by_order,
     {"max/sliding/f32/nchw/src:1x1x4/k:2", "1 nan 2 3", "1 3", "nan 3"}},
    {"onnx",
     "flat_indices",
     "an index counts from the first element of the whole tensor",
     flat_indices,
     {"max/sliding/f32/nchw/src:1x2x2/k:2/idx", "1 2 4 3", "indices: 1 2", "indices: 1 0"}},
    {"torch",
     "lp_signed_and_scaled",
     "lp_pool takes no absolute value, and scales a short window up to the whole one",
     signed_lp,
     {"lp/sliding/f32/nchw/src:1x1x3/k:2/ceil/norm:1", "-1 2 3", "1 6", "3 3"}},
    {"torch",
     "integer_average_truncates",
     "avg_pool of integers (int64) drops the fraction",
     rounds<toward_zero>,
     {"avg_include_pad/sliding/i8/nchw/src:1x1x4/k:2", "3 4 -3 -4", "3 -3", "4 -4"}},
    {"onednn",
     "max_drops_nan",
     "max ignores NaN; NaN alone gives the lowest finite number",
     drops_nan,
     {"max/sliding/f32/nchw/src:1x1x4/k:2", "1 nan 2 3", "1 3", "nan 3"}},
    {"onednn",
     "max_from_lowest",
     "max starts from the lowest finite number",
     from_lowest,
     {"max/sliding/f16/nchw/src:1x1x4/k:2", "-inf -inf 1 2", "-65504 2", "-inf 2"}},
    {"onednn",
     "whole_window",
     "avg_include_pad divides by the whole window wherever it ends",
     whole_window,
     {"avg_include_pad/sliding/f32/nchw/src:1x1x3/k:2/ceil", "1 2 6", "1.5 3", "1.5 6"}},
    {"tflite",
     "max_nan_by_order",
     "what NaN gives depends on the order of the comparisons",
     any_by_order,
     {"max/sliding/f32/nchw/src:1x1x4/k:2", "1 nan 2 3", "1 3", "nan 3"}},
    {"tflite",
     "max_from_lowest",
     "max starts from the lowest finite number",
     from_lowest,
     {"max/sliding/f32/nchw/src:1x1x4/k:2", "-inf -inf 1 2", "-3.4028234663852886e38 2", "-inf 2"}},
    {"tflite",
     "integer_average_half_away",
     "integer averages round half away from zero",
     rounds<half_away>,
     {"avg_include_pad/sliding/i8/nchw/src:1x1x4/k:2", "2 3 -2 -3", "3 -3", "2 -2"}},
};

}  // namespace

std::span<const Rule> all_rules() { return kRules; }

RuleSet::RuleSet(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Rule& rule : kRules) {
    if (rule.set == name) rules_.push_back(&rule);
    if (std::ranges::count(names, rule.set) == 0) names.push_back(rule.set);
  }
  if (rules_.empty())
    throw BadInput(fmt::format("rules: '{}' is unknown; one of {}", name, fmt::join(names, ", ")));
}

const Rule* RuleSet::apply(const Problem& problem, const Expected& expected, int64_t plane,
                           const EachTap& each_tap, std::vector<Expected>& values) const {
  for (const Rule* rule : rules_) {
    values = rule->values(problem, expected, plane, each_tap);
    if (!values.empty()) return rule;
  }
  return nullptr;
}

}  // namespace poolbench
