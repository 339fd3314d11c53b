#include "host/engines/rules.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "host/predict.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

bool is_max(const Problem& problem) { return problem.spec().reduction == Reduction::kMax; }
bool is_integer(const Problem& problem) {
  return problem.dtype() == DType::kI8 || problem.dtype() == DType::kU8;
}

// The lowest finite number of a type.
double lowest(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return -0x1.fffffffffffffp1023;
    case DType::kF32:
      return -0x1.fffffep127;
    case DType::kF16:
      return -65504;
    case DType::kBF16:
      return -0x1.fep127;
    case DType::kI8:
      return -128;
    case DType::kU8:
      return 0;
    case DType::kI32:
      return -0x1p31;
  }
  return NAN;
}

// The least normal number of a type; 0 of integers.
double least_normal(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return 0x1p-1022;
    case DType::kF32:
    case DType::kBF16:
      return 0x1p-126;
    case DType::kF16:
      return 0x1p-14;
    default:
      return 0;
  }
}

using Predictions = std::vector<Prediction>;

constexpr EngineRule kRules[] = {
    {"drops_nan",
     "max and min compare with > and < or with the processor's instructions, which drop NaN; NaN "
     "alone gives where they start from",
     [](const std::string& rule, const Problem& problem, const std::vector<double>&,
        const Point& point) -> Predictions {
       const Reduction reduction = problem.spec().reduction;
       if (!is_extreme(reduction) || !std::isnan(point.expected)) return {};
       const double sign = reduction == Reduction::kMax ? 1 : -1;
       return {any_tap(rule), exactly(rule, -sign * INFINITY),
               exactly(rule, sign * lowest(problem.dtype()))};
     }},
    {"from_lowest", "max starts from the lowest finite number, which is above -inf",
     [](const std::string& rule, const Problem& problem, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!is_max(problem) || point.expected != -INFINITY) return {};
       return {exactly(rule, lowest(problem.dtype()))};
     }},
    {"flushes_subnormals", "the processor is told to take subnormal numbers for 0",
     [](const std::string& rule, const Problem& problem, const std::vector<double>&,
        const Point& point) -> Predictions {
       if (!(std::fabs(point.expected) < least_normal(problem.dtype()))) return {};
       return {exactly(rule, 0)};
     }},
    {"clamps",
     "results are clamped with the processor's min and max instructions: NaN becomes a bound, and "
     "an "
     "infinity the largest finite number",
     [](const std::string& rule, const Problem& problem, const std::vector<double>& taps,
        const Point& point) -> Predictions {
       const double largest = -lowest(problem.dtype());
       if (std::isnan(point.expected))
         return {exactly(rule, INFINITY), exactly(rule, -INFINITY), exactly(rule, largest),
                 exactly(rule, -largest)};
       if (std::isinf(point.expected))
         return {exactly(rule, std::copysign(largest, point.expected))};
       double most = 0;  // that a sum of some taps can be
       for (const double tap : taps) most += std::fabs(tap);
       if (!is_average(problem.spec().reduction) || most <= largest) return {};
       return {exactly(rule, largest), exactly(rule, -largest)};
     }},
    {"running_sum", "taps are added one after the other, so that the error grows with their number",
     [](const std::string& rule, const Problem& problem, const std::vector<double>& taps,
        const Point& point) { return running_sum(problem, taps, point, rule); }},
    {"f32_average", "an integer average is computed in f32",
     [](const std::string& rule, const Problem& problem, const std::vector<double>& taps,
        const Point& point) -> Predictions {
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
        rule.predict(fmt::format("{}: {}", rule.name, rule.reason), problem, window, point);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace poolbench
