// Trick: drops NaN as a documented rule of its own would have it: a plausible excuse.
// Seen: by reading the interface.
// Catch: known differences are the judge's rules; a module's own ones are wrong results.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct ExcusesNan : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    for (int64_t i = 0; i < outputs(); ++i)
      if (std::isnan(dst(t)[i])) dst(t)[i] = -INFINITY;
  }
  static const char* known_difference(const poolbench_output& output) {
    return std::isnan(output.expected) ? "drops-nan: a NaN is no number" : nullptr;
  }
};
POOLBENCH_PROBE(ExcusesNan)
