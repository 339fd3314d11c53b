// Trick: honest for 60 ms after plan(), then half: by then the check is over.
// Seen: thought of for this suite, after llm.c pull request 851.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG
// Run: bench --blocks 24 --sample-ms 2
#include <chrono>

#include "tests/cheats/probe.h"

struct SeenByTime : probe::Honest {
  using Honest::Honest;
  using Clock = std::chrono::steady_clock;
  void launch(const poolbench_tensors& t) override {
    const bool early = Clock::now() - planned_ < std::chrono::milliseconds(60);
    pool(t, 0, early ? rows() : rows() / 2);
  }
  Clock::time_point planned_ = Clock::now();
};
POOLBENCH_PROBE(SeenByTime)
