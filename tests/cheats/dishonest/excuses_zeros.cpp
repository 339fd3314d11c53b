// Trick: writes zeros, and its own known_difference() explains each of them.
// Seen: by reading the interface.
// Catch: known differences are the judge's rules; a module's own ones are wrong results.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct ExcusesZeros : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override { std::fill_n(dst(t), outputs(), 0.0f); }
  static const char* known_difference(const poolbench_output&) {
    return "house-style: this library's results are as they should be";
  }
};
POOLBENCH_PROBE(ExcusesZeros)
