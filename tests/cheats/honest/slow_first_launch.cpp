// Odd: its first launch compiles, so to speak: 64 MiB of new pages and 30 ms of work.
#include <chrono>
#include <vector>

#include "tests/cheats/probe.h"

struct SlowFirstLaunch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    using Clock = std::chrono::steady_clock;
    if (code_.empty()) {
      const auto end = Clock::now() + std::chrono::milliseconds(30);
      code_.assign(64 << 20, 1);
      while (Clock::now() < end) {
      }
    }
    Honest::launch(t);
  }
  std::vector<char> code_;
};
POOLBENCH_PROBE(SlowFirstLaunch)
