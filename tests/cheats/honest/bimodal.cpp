// Odd: two times: every other launch does all work twice.
#include "tests/cheats/probe.h"

struct Bimodal : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (++launches_ % 2 == 0) Honest::launch(t);
  }
  int64_t launches_ = 0;
};
POOLBENCH_PROBE(Bimodal)
