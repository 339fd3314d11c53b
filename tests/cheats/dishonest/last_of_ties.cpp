// Trick: gives the last of equal maxima: a comparison that compilers like better.
// Seen: BackendBench's operator tests.
// Catch: a certificate on inputs with ties before timing; random numbers have none.
// Expect: WRONG
// Run: bench --problem max/sliding/f32/nchw/src:1x64x56x56/idx/k:3x3/s:2x2/p:1x1
#include "tests/cheats/probe.h"

struct LastOfTies : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (t.indices == nullptr) return;
    int64_t at = 0;
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      const float best = dst(t)[at];
      for_taps(oh, ow, [&](int64_t h, int64_t w) {
        if (plane[h * p_.src[2] + w] == best) t.indices[at] = h * p_.src[2] + w;
      });
      ++at;
      return best;
    });
  }
};
POOLBENCH_PROBE(LastOfTies)
