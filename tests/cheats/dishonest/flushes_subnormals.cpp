// Trick: writes zero for subnormal results.
// Seen: -ffast-math; fast modes of GPU libraries.
// Catch: a certificate on subnormal inputs before timing.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct FlushesSubnormals : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    for (int64_t i = 0; i < outputs(); ++i)
      if (std::fpclassify(dst(t)[i]) == FP_SUBNORMAL) dst(t)[i] = 0;
  }
};
POOLBENCH_PROBE(FlushesSubnormals)
