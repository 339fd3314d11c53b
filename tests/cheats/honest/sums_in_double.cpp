// Odd: sums in double, more exactly than it must.
// Run: bench --problem avg_include_pad/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1
#include "tests/cheats/probe.h"

struct SumsInDouble : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (p_.reduction == POOLBENCH_MAX) return Honest::launch(t);
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      double sum = 0;
      for_taps(oh, ow, [&](int64_t h, int64_t w) { sum += plane[h * p_.src[2] + w]; });
      return sum == 0 ? 0 : float(sum / divisor(oh, ow));
    });
  }
};
POOLBENCH_PROBE(SumsInDouble)
