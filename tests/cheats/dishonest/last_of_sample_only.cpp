// Trick: learns from rest() how many launches a turn has, and computes only the last one.
// Seen: super-batching in GPU MODE's competitions.
// Catch: the number of launches varies; outputs of all sets are compared.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct LastOfSampleOnly : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const bool last = ++launches_ % std::max<int64_t>(1, turn_) == 0;
    if (turns_ < 2 || last) Honest::launch(t);
  }
  void rest() override {
    turn_ = launches_;
    launches_ = 0;
    ++turns_;
  }
  int64_t launches_ = 0, turn_ = 0, turns_ = 0;
};
POOLBENCH_PROBE(LastOfSampleOnly)
