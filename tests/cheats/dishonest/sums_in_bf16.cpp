// Trick: sums in bfloat16.
// Seen: KernelBench solutions with half-precision accumulators; tf32 left on.
// Catch: the bound of an f32 sum.
// Expect: WRONG
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:3x3/s:2x2/p:1x1
#include <cstring>

#include "tests/cheats/probe.h"

struct SumsInBf16 : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (p_.reduction == POOLBENCH_MAX) return Honest::launch(t);
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      float sum = 0;
      for_taps(oh, ow, [&](int64_t h, int64_t w) { sum = cut(sum + plane[h * p_.src[2] + w]); });
      return sum / divisor(oh, ow);
    });
  }
  static float cut(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    bits &= 0xffff0000;
    std::memcpy(&value, &bits, sizeof bits);
    return value;
  }
};
POOLBENCH_PROBE(SumsInBf16)
