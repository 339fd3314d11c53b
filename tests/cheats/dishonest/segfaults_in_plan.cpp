// Trick: none: crashes in plan().
// Seen: any bug.
// Catch: a supervisor; the run goes on without it.
// Expect: CRASHED
#include <csignal>

#include "tests/cheats/probe.h"

struct SegfaultsInPlan : probe::Honest {
  explicit SegfaultsInPlan(const poolbench_problem& problem) : Honest(problem) { raise(SIGSEGV); }
};
POOLBENCH_PROBE(SegfaultsInPlan)
