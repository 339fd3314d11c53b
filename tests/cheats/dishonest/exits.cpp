// Trick: exit(0) while it is checked.
// Seen: kernelbench.com pull request 7.
// Catch: only a run that says "done" at its end is done.
// Expect: EXITED
#include "tests/cheats/probe.h"

struct Exits : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    std::exit(0);
  }
};
POOLBENCH_PROBE(Exits)
