// Rules by which libraries differ from host/spec.md on purpose, by name: an engine says which of
// them are its own, and the judge what they predict.
#ifndef POOLBENCH_HOST_ENGINES_RULES_H_
#define POOLBENCH_HOST_ENGINES_RULES_H_

#include <span>
#include <string>
#include <vector>

#include "host/compare.h"

namespace poolbench {

struct EngineRule {
  const char* name;
  const char* reason;
  // What it predicts for an output that is wrong by host/spec.md; may be nothing.
  std::vector<Prediction> (*predict)(const std::string& rule, const Problem& problem,
                                     const void* src, const std::vector<double>& taps,
                                     const Point& point);
};

std::span<const EngineRule> engine_rules();

// What the rules that are named predict. Throws std::runtime_error for a name that is none.
std::vector<Prediction> predictions_of(const std::vector<std::string>& names,
                                       const Problem& problem, const void* src, const Point& point);
void check_rules(const std::vector<std::string>& names);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_RULES_H_
