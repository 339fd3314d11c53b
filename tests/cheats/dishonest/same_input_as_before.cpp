// Trick: skips a launch whose tensors are those of the launch before.
// Seen: llm.c pull request 851, where repeated calls were elided.
// Catch: an input element changed between launches.
// Expect: CHEAT, WRONG
#include "tests/cheats/probe.h"

struct SameInputAsBefore : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const bool same = t.src == src_ && t.dst == dst_ && ++skipped_ < 1000;
    if (same && rested_) return;
    skipped_ = 0;
    src_ = t.src;
    dst_ = t.dst;
    Honest::launch(t);
  }
  void rest() override { rested_ = true; }
  const void *src_ = nullptr, *dst_ = nullptr;
  int64_t skipped_ = 0;
  bool rested_ = false;
};
POOLBENCH_PROBE(SameInputAsBefore)
