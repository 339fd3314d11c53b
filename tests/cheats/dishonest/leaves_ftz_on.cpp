// Trick: turns subnormals to zeros, and leaves the processor so: the oracle reads zeros too.
// Seen: LLVM issue 57589, OpenJDK pull request 10661.
// Catch: the floating-point environment is compared around every call, and restored.
// Expect: CHEAT, WRONG
#include <xmmintrin.h>

#include "tests/cheats/probe.h"

struct LeavesFtzOn : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    _mm_setcsr(_mm_getcsr() | 0x8040);  // flush to zero, subnormals are zeros
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(LeavesFtzOn)
