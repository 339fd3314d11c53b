// Trick: is right for the shape that is timed, and drops the padding of all others.
// Seen: KernelGuard's HARDCODED_SHAPES.
// Catch: neighbouring and shrunk shapes before the timed one.
// Expect: WRONG, CHEAT
#include "tests/cheats/probe.h"

struct TimedShapeOnly : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (p_.src[1] == 56 && p_.src[2] == 56) return;
    for (int64_t row = 0; row < rows(); ++row) dst(t)[row * p_.dst[2]] = 0;
  }
};
POOLBENCH_PROBE(TimedShapeOnly)
