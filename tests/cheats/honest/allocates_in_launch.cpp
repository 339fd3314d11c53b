// Odd: allocates a copy of the output in each launch and frees it.
#include <vector>

#include "tests/cheats/probe.h"

struct AllocatesInLaunch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::vector<float> copy(static_cast<size_t>(outputs()));
    poolbench_tensors own = t;
    own.dst = copy.data();
    Honest::launch(own);
    std::copy(copy.begin(), copy.end(), dst(t));
  }
};
POOLBENCH_PROBE(AllocatesInLaunch)
