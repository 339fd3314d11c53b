// Odd: has its naive twin inside and compares the two in its first launch.
#include <stdexcept>

#include "tests/cheats/probe.h"

struct ChecksItself : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (checked_ || p_.reduction != POOLBENCH_MAX) return;
    checked_ = true;
    for (int64_t row = 0; row < rows(); ++row) {
      const float mine = dst(t)[row * p_.dst[2]];
      const float twin = window(plane_of(t, row), row % p_.dst[1], 0);
      if (mine != twin && !(std::isnan(mine) && std::isnan(twin)))
        throw std::runtime_error("the twin disagrees");
    }
  }
  bool checked_ = false;
};
POOLBENCH_PROBE(ChecksItself)
