// Odd: starts a thread for every core in each launch, and joins them.
#include <thread>
#include <vector>

#include "tests/cheats/probe.h"

struct ThreadsEachLaunch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const int64_t count = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::jthread> team;
    for (int64_t i = 0; i < count; ++i)
      team.emplace_back([&, i] { pool(t, rows() * i / count, rows() * (i + 1) / count); });
  }
};
POOLBENCH_PROBE(ThreadsEachLaunch)
