// Trick: quick_exit(0) between turns.
// Seen: kernelbench.com pull request 7.
// Catch: only a run that says "done" at its end is done.
// Expect: EXITED
#include "tests/cheats/probe.h"

struct QuickExitsInRest : probe::Honest {
  using Honest::Honest;
  void rest() override { std::quick_exit(0); }
};
POOLBENCH_PROBE(QuickExitsInRest)
