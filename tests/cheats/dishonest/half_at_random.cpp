// Trick: leaves half of one launch in three, at random, once timing has begun.
// Seen: thought of for this suite: a check of one output in many seldom meets it.
// Catch: outputs compared after each block, all sets alike.
// Expect: CHEAT
// Run: bench --blocks 18 --sample-ms 0.05
#include <random>

#include "tests/cheats/probe.h"

struct HalfAtRandom : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    pool(t, 0, rested_ && random_() % 3 == 0 ? rows() / 2 : rows());
  }
  void rest() override { rested_ = true; }
  std::minstd_rand random_{std::random_device()()};
  bool rested_ = false;
};
POOLBENCH_PROBE(HalfAtRandom)
