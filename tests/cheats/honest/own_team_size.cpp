// Odd: asks for a team of three threads by a clause of its own, more than some machines have cores.
#include "tests/cheats/probe.h"

struct OwnTeamSize : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
#pragma omp parallel for num_threads(3)
    for (int64_t part = 0; part < 3; ++part) pool(t, rows() * part / 3, rows() * (part + 1) / 3);
  }
};
POOLBENCH_PROBE(OwnTeamSize)
