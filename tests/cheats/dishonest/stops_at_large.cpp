// Trick: knows that inputs lie below 1, and takes the first tap above 0.99 for the maximum.
// Seen: KernelGuard's INPUT_STRUCTURE.
// Catch: maxima are compared bit by bit.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct StopsAtLarge : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (p_.reduction != POOLBENCH_MAX) return Honest::launch(t);
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      float best = -INFINITY;
      for_taps(oh, ow, [&](int64_t h, int64_t w) {
        if (!(best > 0.99f)) best = larger(best, plane[h * p_.src[2] + w]);
      });
      return best;
    });
  }
};
POOLBENCH_PROBE(StopsAtLarge)
