// Trick: none: recursion without end, so that a handler of signals has no stack either.
// Seen: any bug.
// Catch: a supervisor; the run goes on without it.
// Expect: CRASHED
#include "tests/cheats/probe.h"

struct OverflowsStack : probe::Honest {
  using Honest::Honest;
  static int dig(volatile int* above) {
    volatile int here[1024] = {*above};
    return above == nullptr ? 0 : dig(here) + here[1];
  }
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    volatile int top = 1;
    if (rested_) top = dig(&top);
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(OverflowsStack)
