// Converts problems to and from their form in the module interface (host/module.h).
#ifndef POOLBENCH_HOST_MODULE_PROBLEM_H_
#define POOLBENCH_HOST_MODULE_PROBLEM_H_

#include "host/module.h"
#include "host/problem.h"

namespace poolbench {

// A problem in C, and what it points at. Its padding, strides and samples are worked out.
class ModuleProblem {
 public:
  explicit ModuleProblem(const Problem& problem);
  ModuleProblem(const ModuleProblem&) = delete;
  ModuleProblem& operator=(const ModuleProblem&) = delete;

  const poolbench_problem* get() const { return &c_; }

 private:
  std::string text_;
  std::vector<double> samples_;
  poolbench_problem c_ = {};
};

// Empty, or "PARAMETER: ..." for a value that version `version` of the interface does not have.
std::string unknown_to_module(int32_t version, const Shapes& shapes);

// The problem that `c` describes, canonical: equal in every output to the one it was made from,
// though same_upper and same_lower come back as padding and drawn samples as given ones. Throws
// BadInput for what this build does not know or host/spec.md forbids.
Problem from_module_problem(const poolbench_problem& c);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_MODULE_PROBLEM_H_
