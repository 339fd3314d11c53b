// Trick: computes the first launch of a turn and leaves all others: hot, they would write the same.
// Seen: super-batching in GPU MODE's competitions.
// Catch: an input element changed between launches; outputs compared after the block.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct FirstOfSampleOnly : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (turns_ < 1 || launches_++ == 0) Honest::launch(t);
  }
  void rest() override {
    launches_ = 0;
    ++turns_;
  }
  int64_t launches_ = 0, turns_ = 0;
};
POOLBENCH_PROBE(FirstOfSampleOnly)
