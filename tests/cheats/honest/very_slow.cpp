// Odd: thirty times as slow as need be.
#include "tests/cheats/probe.h"

struct VerySlow : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    for (int i = 0; i < 30; ++i) Honest::launch(t);
  }
};
POOLBENCH_PROBE(VerySlow)
