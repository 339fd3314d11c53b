// Trick: takes padding for zeros in a maximum, so that no window is cut.
// Seen: oneDNN issue 1094.
// Catch: a certificate on negative inputs before timing.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct PaddingIsZero : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (p_.reduction != POOLBENCH_MAX || p_.pad_begin[1] == 0) return;
    for (int64_t row = 0; row < rows(); row += p_.dst[1])
      for (int64_t ow = 0; ow < p_.dst[2]; ++ow)
        dst(t)[row * p_.dst[2] + ow] = larger(0, dst(t)[row * p_.dst[2] + ow]);
  }
};
POOLBENCH_PROBE(PaddingIsZero)
