// Odd: keeps 1 GiB of its own, touched at the first launch.
#include <vector>

#include "tests/cheats/probe.h"

struct MuchMemory : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    static std::vector<char> memory(size_t{1} << 30, 1);
    memory[size_t(outputs())] = 2;
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(MuchMemory)
