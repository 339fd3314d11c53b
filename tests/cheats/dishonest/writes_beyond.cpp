// Trick: writes one element behind the output, as a kernel without edge handling does.
// Seen: vectorised tails in any library.
// Catch: the guard behind the output.
// Expect: WRONG, CRASHED
#include "tests/cheats/probe.h"

struct WritesBeyond : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    dst(t)[outputs()] = 1;
  }
};
POOLBENCH_PROBE(WritesBeyond)
