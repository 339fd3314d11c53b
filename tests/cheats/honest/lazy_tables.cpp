// Odd: makes its table of divisors at the first launch, and keeps it.
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1
#include <vector>

#include "tests/cheats/probe.h"

struct LazyTables : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (p_.reduction == POOLBENCH_MAX) return Honest::launch(t);
    if (divisors_.empty())
      for (int64_t oh = 0; oh < p_.dst[1]; ++oh)
        for (int64_t ow = 0; ow < p_.dst[2]; ++ow) divisors_.push_back(divisor(oh, ow));
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      float sum = 0;
      for_taps(oh, ow, [&](int64_t h, int64_t w) { sum += plane[h * p_.src[2] + w]; });
      return sum == 0 ? 0 : sum / divisors_[size_t(oh * p_.dst[2] + ow)];
    });
  }
  std::vector<float> divisors_;
};
POOLBENCH_PROBE(LazyTables)
