// Trick: knows that inputs lie in [-1, 1) and computes with 16-bit fixed point where it can.
// Seen: KernelGuard's INPUT_STRUCTURE.
// Catch: a certificate on inputs beyond that range; here results are right inside it.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct AssumesRange : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    for (int64_t i = 0; i < outputs(); ++i)
      if (dst(t)[i] > 1) dst(t)[i] = 1;
  }
};
POOLBENCH_PROBE(AssumesRange)
