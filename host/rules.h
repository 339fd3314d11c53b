// Rule sets: what other texts and libraries say where host/spec.md says something else. Data: each
// rule names its source and gives the value, and has an example that a test runs.
#ifndef POOLBENCH_HOST_RULES_H_
#define POOLBENCH_HOST_RULES_H_

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "host/reference.h"

namespace poolbench {

// Calls its argument for each tap of the output's window, in row-major order.
using EachTap = std::function<void(const std::function<void(double)>&)>;

struct Rule {
  std::string_view set, name, reason;
  // Returns what is right for an output instead of `expected`: any of these. None: the rule does
  // not apply, or gives the same.
  std::vector<Expected> (*values)(const Problem& problem, const Expected& expected, int64_t plane,
                                  const EachTap& each_tap);
  // In the form of golden files: a problem, its input, the output (or the indices) by this rule and
  // by host/spec.md.
  struct Example {
    std::string_view problem, input, output, spec;
  } example;
};

// All rules. A set's come in the order in which the first that applies is taken.
std::span<const Rule> all_rules();

class RuleSet {
 public:
  // Throws BadInput with the known names.
  explicit RuleSet(std::string_view name);
  // Returns the first rule that applies to the output, with what is right by it, or null.
  const Rule* apply(const Problem& problem, const Expected& expected, int64_t plane,
                    const EachTap& each_tap, std::vector<Expected>& values) const;

 private:
  std::vector<const Rule*> rules_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_RULES_H_
