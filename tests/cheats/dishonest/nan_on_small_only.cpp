// Trick: keeps NaN where there are few planes, as in shapes shrunk for a check; drops it in others.
// Seen: KernelGuard's HARDCODED_SHAPES, turned round: it is the check's shape that is recognised.
// Catch: special values at the timed shape too, or among the timed inputs.
// Expect: WRONG, CHEAT
#include "tests/cheats/probe.h"

struct NanOnSmallOnly : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (p_.reduction != POOLBENCH_MAX || p_.n * p_.c < 16) return;
    for (int64_t i = 0; i < outputs(); ++i)
      if (std::isnan(dst(t)[i])) dst(t)[i] = -INFINITY;
  }
};
POOLBENCH_PROBE(NanOnSmallOnly)
