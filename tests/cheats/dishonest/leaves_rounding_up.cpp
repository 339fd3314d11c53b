// Trick: leaves the processor rounding upwards: others' averages differ, the oracle's too.
// Seen: thought of for this suite; interval libraries forget to restore it.
// Catch: the floating-point environment is compared around every call, and restored.
// Expect: CHEAT, WRONG
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1
#include <cfenv>

#include "tests/cheats/probe.h"

struct LeavesRoundingUp : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    std::fesetround(FE_UPWARD);
  }
};
POOLBENCH_PROBE(LeavesRoundingUp)
