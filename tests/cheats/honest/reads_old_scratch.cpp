// Odd: reads scratch that it never wrote, as kernels with padded rows do, and ignores what it says.
#include "tests/cheats/probe.h"

struct ReadsOldScratch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const auto* scratch = static_cast<const unsigned char*>(t.scratch);
    int64_t sum = 0;
    for (int64_t at = 0; at < scratch_bytes(); at += 64) sum += scratch[at];
    if (sum >= 0) Honest::launch(t);
  }
  int64_t scratch_bytes() override { return 1 << 16; }
};
POOLBENCH_PROBE(ReadsOldScratch)
