// Trick: writes no output at all.
// Seen: kernels that find the reference's answer in reused memory (Sakana AI's CUDA Engineer).
// Catch: outputs are poisoned twice, and the two results differ.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct WritesNothing : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors&) override {}
};
POOLBENCH_PROBE(WritesNothing)
