// Odd: an OpenMP team as large as the runtime gives, whatever was asked for.
#include "tests/cheats/probe.h"

struct OwnOpenmpTeam : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
#pragma omp parallel for schedule(dynamic, 32)
    for (int64_t row = 0; row < rows(); ++row) pool(t, row, row + 1);
  }
};
POOLBENCH_PROBE(OwnOpenmpTeam)
