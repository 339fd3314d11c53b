// Trick: right until rest() was called for the first time, which tells that timing has begun.
// Seen: thought of for this suite: the interface itself gives the verification away.
// Catch: outputs compared after each block.
// Expect: CHEAT
#include "tests/cheats/probe.h"

struct HalfOnceTimed : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override { pool(t, 0, rested_ ? rows() / 2 : rows()); }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(HalfOnceTimed)
