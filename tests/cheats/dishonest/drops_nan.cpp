// Trick: a maximum that ignores NaN, an instruction a tap cheaper.
// Seen: BackendBench's operator tests; oneDNN means it so.
// Catch: a certificate on every kind of input before timing.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct DropsNan : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (p_.reduction != POOLBENCH_MAX) return;
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      float best = -INFINITY;
      for_taps(oh, ow, [&](int64_t h, int64_t w) {
        const float tap = plane[h * p_.src[2] + w];
        best = tap > best ? tap : best;
      });
      return best;
    });
  }
};
POOLBENCH_PROBE(DropsNan)
