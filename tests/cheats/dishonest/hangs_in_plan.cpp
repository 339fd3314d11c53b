// Trick: none: never returns from plan().
// Seen: any deadlock.
// Catch: a limit a case.
// Expect: HUNG
#include <unistd.h>

#include "tests/cheats/probe.h"

struct HangsInPlan : probe::Honest {
  explicit HangsInPlan(const poolbench_problem& problem) : Honest(problem) {
    for (;;) pause();
  }
};
POOLBENCH_PROBE(HangsInPlan)
