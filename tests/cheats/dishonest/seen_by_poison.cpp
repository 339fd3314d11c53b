// Trick: computes where the output holds a constant, as a poisoned one does; else leaves it.
// Seen: thought of for this suite: 0xa5 and 0x5a are known.
// Catch: timed outputs hold plausible values of another input before the launch.
// Expect: CHEAT, WRONG
#include "tests/cheats/probe.h"

struct SeenByPoison : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const auto* bits = static_cast<const uint32_t*>(t.dst);
    const bool poisoned = bits[0] == bits[outputs() / 2] && bits[0] == bits[outputs() - 1];
    if (poisoned) Honest::launch(t);
  }
};
POOLBENCH_PROBE(SeenByPoison)
