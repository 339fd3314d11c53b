// Trick: _exit(0) while it is timed: the run ends green, with no record.
// Seen: kernelbench.com pull request 7.
// Catch: only a run that says "done" at its end is done.
// Expect: EXITED
#include <unistd.h>

#include "tests/cheats/probe.h"

struct ExitsQuietly : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (rested_) _exit(0);
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(ExitsQuietly)
