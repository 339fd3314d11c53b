// Trick: leaves floating-point exceptions trapping: who rounds or meets a NaN next is killed.
// Seen: thought of for this suite; feenableexcept() in debug builds.
// Catch: the floating-point environment is compared around every call, and restored.
// Expect: CHEAT, WRONG, CRASHED
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1
#include <fenv.h>

#include "tests/cheats/probe.h"

struct TrapsForRivals : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    fedisableexcept(FE_ALL_EXCEPT);
    Honest::launch(t);
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_ALL_EXCEPT);
  }
};
POOLBENCH_PROBE(TrapsForRivals)
