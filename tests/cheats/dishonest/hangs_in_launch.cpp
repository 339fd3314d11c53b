// Trick: none: never returns from launch().
// Seen: any deadlock.
// Catch: a limit a case.
// Expect: HUNG
#include "tests/cheats/probe.h"

struct HangsInLaunch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    for (volatile bool on = rested_; on;) {
    }
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(HangsInLaunch)
