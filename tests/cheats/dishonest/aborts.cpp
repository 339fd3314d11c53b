// Trick: none: abort() while it is timed.
// Seen: any failed assertion.
// Catch: a supervisor; the run goes on without it.
// Expect: CRASHED
#include "tests/cheats/probe.h"

struct Aborts : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (rested_) std::abort();
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(Aborts)
