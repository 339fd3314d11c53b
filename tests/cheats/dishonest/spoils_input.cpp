// Trick: overwrites an input element when it is timed: those who come later get other outputs.
// Seen: thought of for this suite; exploits harnesses that run the reference on changed inputs.
// Catch: inputs compared after each block, by who ran on them last.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct SpoilsInput : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (rested_) *const_cast<float*>(src(t)) = 77;
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(SpoilsInput)
