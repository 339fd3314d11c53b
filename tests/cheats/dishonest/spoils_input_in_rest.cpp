// Trick: as spoils_input, but between turns, on a set that it saw before.
// Seen: thought of for this suite.
// Catch: inputs compared after each block, rest() included.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct SpoilsInputInRest : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    src_ = const_cast<float*>(src(t));
  }
  void rest() override { src_[inputs() / 2] = 77; }
  float* src_ = nullptr;
};
POOLBENCH_PROBE(SpoilsInputInRest)
