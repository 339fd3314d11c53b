// Trick: none: writes to the null page while it is checked.
// Seen: any bug.
// Catch: a supervisor; the run goes on without it.
// Expect: CRASHED
#include "tests/cheats/probe.h"

struct Segfaults : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    *static_cast<volatile int*>(static_cast<void*>(nullptr)) = 1;
  }
};
POOLBENCH_PROBE(Segfaults)
