// Trick: reads one element behind the input and drops it: right, until memory ends there.
// Seen: vectorised tails in any library.
// Catch: pages behind the operands that nobody may touch, when checked.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct ReadsBeyond : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    static_cast<void>(static_cast<const volatile float*>(t.src)[inputs()]);
  }
};
POOLBENCH_PROBE(ReadsBeyond)
