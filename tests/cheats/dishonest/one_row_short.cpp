// Trick: leaves one row in 64 once timing has begun: 1.6 % faster, seldom met by a sample.
// Seen: thought of for this suite.
// Catch: whole outputs compared after each block.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct OneRowShort : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    for (int64_t row = 0; row < rows(); ++row)
      if (!rested_ || row % 64 != 63) pool(t, row, row + 1);
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(OneRowShort)
