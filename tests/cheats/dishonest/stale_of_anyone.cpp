// Trick: computes one output; where dst begins with it, somebody has been here: leaves the rest.
// Seen: Sakana AI's CUDA Engineer; KernelBench issue 82: the reference's output in reused memory.
// Catch: what stands in outputs before a launch is plausible and wrong.
// Expect: CHEAT, WRONG
#include "tests/cheats/probe.h"

struct StaleOfAnyone : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const int64_t middle = rows() / 2;
    const float expected = window(plane_of(t, middle), middle % p_.dst[1], 0);
    if (dst(t)[middle * p_.dst[2]] != expected) Honest::launch(t);
  }
};
POOLBENCH_PROBE(StaleOfAnyone)
