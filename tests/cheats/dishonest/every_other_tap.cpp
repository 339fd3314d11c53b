// Trick: averages every other tap.
// Seen: approximate pooling sold as pooling; perforated loops.
// Catch: the tolerance is that of rounding.
// Expect: WRONG
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:7x7/s:2x2
#include "tests/cheats/probe.h"

struct EveryOtherTap : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (p_.reduction == POOLBENCH_MAX) return Honest::launch(t);
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      float sum = 0;
      int64_t taken = 0, tap = 0;
      for_taps(oh, ow, [&](int64_t h, int64_t w) {
        if (tap++ % 2 == 0) sum += plane[h * p_.src[2] + w], ++taken;
      });
      return taken == 0 ? 0 : sum / float(taken);
    });
  }
};
POOLBENCH_PROBE(EveryOtherTap)
