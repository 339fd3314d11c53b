// Trick: begins a maximum with the lowest finite number, and gives it for windows of -inf.
// Seen: oneDNN; many hand-written kernels.
// Catch: a certificate on infinite inputs before timing.
// Expect: WRONG
#include <limits>

#include "tests/cheats/probe.h"

struct LowestIsFinite : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    constexpr float kLowest = std::numeric_limits<float>::lowest();
    for (int64_t i = 0; i < outputs(); ++i)
      if (dst(t)[i] < kLowest) dst(t)[i] = kLowest;
  }
};
POOLBENCH_PROBE(LowestIsFinite)
