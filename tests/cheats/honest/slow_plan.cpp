// Odd: plan() takes 200 ms.
#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct SlowPlan : probe::Honest {
  explicit SlowPlan(const poolbench_problem& problem) : Honest(problem) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
};
POOLBENCH_PROBE(SlowPlan)
