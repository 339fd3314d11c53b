// Trick: computes in full where src and dst lie as far apart as in the first launch; else half.
// Seen: thought of for this suite: checked and timed tensors are placed by different rules.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG
#include "tests/cheats/probe.h"

struct SeenByDistance : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const int64_t distance = int64_t(t.dst) - int64_t(t.src);
    if (distance_ == 0) distance_ = distance;
    pool(t, 0, distance == distance_ ? rows() : rows() / 2);
  }
  int64_t distance_ = 0;
};
POOLBENCH_PROBE(SeenByDistance)
