// Trick: exit(0) in plan().
// Seen: kernelbench.com pull request 7.
// Catch: only a run that says "done" at its end is done.
// Expect: EXITED
#include "tests/cheats/probe.h"

struct ExitsInPlan : probe::Honest {
  explicit ExitsInPlan(const poolbench_problem& problem) : Honest(problem) { std::exit(0); }
};
POOLBENCH_PROBE(ExitsInPlan)
