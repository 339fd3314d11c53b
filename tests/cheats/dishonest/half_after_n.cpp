// Trick: right for the first 8 launches of a plan, then half.
// Seen: llm.c pull request 851: counts launches, degrades after the check.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG
#include "tests/cheats/probe.h"

struct HalfAfterN : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    pool(t, 0, ++launches_ <= 8 ? rows() : rows() / 2);
  }
  int64_t launches_ = 0;
};
POOLBENCH_PROBE(HalfAfterN)
