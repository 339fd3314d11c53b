// Trick: computes the first half of the rows.
// Seen: the oldest one; every leaderboard tests for it.
// Catch: outputs are poisoned twice, and the two results differ.
// Expect: WRONG
#include "tests/cheats/probe.h"

struct WritesHalf : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override { pool(t, 0, rows() / 2); }
};
POOLBENCH_PROBE(WritesHalf)
