#include "host/engines/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "host/predict.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

bool is_max(const Problem& problem) { return problem.spec().reduction == Reduction::kMax; }
bool is_integer(const Problem& problem) { return !facts(problem.dtype()).is_float(); }

// The least normal number of a type; 0 of integers.
double least_normal(DType dtype) {
  const TypeFacts& type = facts(dtype);
  return type.is_float() ? std::ldexp(1.0, type.min_exponent) : 0;
}

using Predictions = std::vector<Prediction>;

constexpr EngineRule kRules[] = {
    {"drops_nan",
     "max and min compare with > and < or with the processor's instructions, which drop NaN; NaN "
     "alone gives where they start from",
     [](const std::string& rule, const Problem& problem, const void*, const std::vector<double>&,
        const Point& point) -> Predictions {
       const Reduction reduction = problem.spec().reduction;
       if (!is_extreme(reduction) || !std::isnan(point.expected)) return {};
       const double sign = reduction == Reduction::kMax ? 1 : -1;
       return {any_tap(rule), exactly(rule, -sign * INFINITY),
               exactly(rule, sign * lowest_finite(problem.dtype()))};
     }},
    {"from_lowest", "max starts from the lowest finite number, which is above -inf",
     [](const std::string& rule, const Problem& problem, const void*, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!is_max(problem) || point.expected != -INFINITY) return {};
       return {exactly(rule, lowest_finite(problem.dtype()))};
     }},
    {"flushes_subnormals", "the processor is told to take subnormal numbers for 0",
     [](const std::string& rule, const Problem& problem, const void*, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!(std::fabs(point.expected) < least_normal(problem.dtype()))) return {};
       return {exactly(rule, 0)};
     }},
    {"clamps",
     "results are clamped with the processor's min and max instructions: NaN becomes a bound, and "
     "an "
     "infinity the largest finite number",
     [](const std::string& rule, const Problem& problem, const void*,
        const std::vector<double>& taps, const Point& point) -> Predictions {
       const double largest = -lowest_finite(problem.dtype());
       if (std::isnan(point.expected))
         return {exactly(rule, INFINITY), exactly(rule, -INFINITY), exactly(rule, largest),
                 exactly(rule, -largest)};
       if (std::isinf(point.expected)) {
         const double bound = std::copysign(largest, point.expected);
         if (!is_average(problem.spec().reduction) ||
             !may_sum_to_nan(taps, point.expected, largest))
           return {exactly(rule, bound)};
         return {exactly(rule, bound), exactly(rule, -bound), exactly(rule, -point.expected)};
       }
       double most = 0;  // that a sum of some taps can be
       for (const double tap : taps) most += std::fabs(tap);
       if (!is_average(problem.spec().reduction) || most <= largest) return {};
       return {exactly(rule, largest), exactly(rule, -largest)};
     }},
    {"running_sum", "taps are added one after the other, so that the error grows with their number",
     [](const std::string& rule, const Problem& problem, const void*,
        const std::vector<double>& taps,
        const Point& point) { return running_sum(problem, taps, point, rule); }},
    {"sums_in_the_type",
     "adaptive averages of 3D planes are added up, and divided by one axis after the other, in the "
     "element type",
     [](const std::string& rule, const Problem& problem, const void*,
        const std::vector<double>& taps, const Point& point) -> Predictions {
       if (problem.spec().windowing != Windowing::kAdaptive || problem.rank() != 3 ||
           is_integer(problem) || !is_average(problem.spec().reduction))
         return {};
       return {sum_in_the_type(problem, taps, point, rule)};
     }},
    {"nan_displaces", "a NaN displaces other numbers from windows beside it, and padding is left",
     [](const std::string& rule, const Problem& problem, const void* src,
        const std::vector<double>&, const Point& point) -> Predictions {
       if (!is_extreme(problem.spec().reduction) || !plane_has_nan(problem, src, point)) return {};
       Predictions some = {any_tap(rule)};
       const auto& axes = problem.shapes().axis;
       if (std::ranges::any_of(axes, [](const auto& a) { return a.pad_begin + a.pad_end > 0; }))
         some.push_back(exactly(rule, is_max(problem) ? -INFINITY : INFINITY));
       return some;
     }},
    {"first_nan", "the index of NaN is that of the first one, not of the last one",
     [](const std::string& rule, const Problem& problem, const void* src,
        const std::vector<double>&, const Point& point) -> Predictions {
       if (!problem.spec().indices || !std::isnan(point.expected)) return {};
       return {exactly(rule, NAN, first_nan(problem, src, point))};
     }},
    {"sign_of_zero", "a maximum of zeros need not have the sign of the one at its index",
     [](const std::string& rule, const Problem& problem, const void*, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!problem.spec().indices || point.expected != 0) return {};
       return {exactly(rule, 0, point.expected_index)};
     }},
    {"lowest_lacks_depth",
     "channels last, the index of a 3D maximum of the type's lowest number alone lacks its depth",
     [](const std::string& rule, const Problem& problem, const void*, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!is_max(problem) || !problem.spec().indices || point.expected_index < 0) return {};
       return index_without_depth(problem, point, rule);
     }},
    {"f32_average", "an integer average is computed in f32",
     [](const std::string& rule, const Problem& problem, const void*,
        const std::vector<double>& taps, const Point& point) -> Predictions {
       if (!is_integer(problem) || !is_average(problem.spec().reduction)) return {};
       return {f32_average(problem, taps, point, rule)};
     }},
};

const EngineRule& rule_named(const std::string& name) {
  std::string known;
  for (const EngineRule& rule : kRules) {
    if (name == rule.name) return rule;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", rule.name);
  }
  throw std::runtime_error(fmt::format("rule '{}' is unknown; {} are known", name, known));
}

// Where a library follows two rules: NaN is dropped, and what is left is subnormal and taken for 0.
Predictions drops_nan_and_flushes(const std::vector<std::string>& names, const Problem& problem,
                                  const std::vector<double>& taps, const Point& point) {
  const bool both = std::ranges::count(names, "drops_nan") > 0 &&
                    std::ranges::count(names, "flushes_subnormals") > 0;
  const bool left = std::ranges::any_of(
      taps, [&](double tap) { return tap != 0 && std::fabs(tap) < least_normal(problem.dtype()); });
  if (!both || !left || !is_extreme(problem.spec().reduction) || !std::isnan(point.expected))
    return {};
  return {exactly("drops_nan, flushes_subnormals: a subnormal number beside NaN becomes 0", 0)};
}

}  // namespace

std::span<const EngineRule> engine_rules() { return kRules; }

void check_rules(const std::vector<std::string>& names) {
  for (const std::string& name : names) rule_named(name);
}

std::vector<Prediction> predictions_of(const std::vector<std::string>& names,
                                       const Problem& problem, const void* src,
                                       const Point& point) {
  if (names.empty()) return {};
  const std::vector<double> window = taps(problem, src, point);
  Predictions all;
  for (const std::string& name : names) {
    const EngineRule& rule = rule_named(name);
    const Predictions some =
        rule.predict(fmt::format("{}: {}", rule.name, rule.reason), problem, src, window, point);
    all.insert(all.end(), some.begin(), some.end());
  }
  for (Prediction& one : drops_nan_and_flushes(names, problem, window, point))
    all.push_back(std::move(one));
  return all;
}

}  // namespace poolbench
