// Trick: computes in full where a constant stands before the output, as guards do; else half.
// Seen: thought of for this suite.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG, CRASHED
#include "tests/cheats/probe.h"

struct SeenByGuards : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const auto* before = static_cast<const uint8_t*>(t.dst) - 64;
    const bool guarded = std::all_of(before, before + 64, [&](uint8_t b) { return b == *before; });
    pool(t, 0, guarded && *before != 0 ? rows() : rows() / 2);
  }
};
POOLBENCH_PROBE(SeenByGuards)
