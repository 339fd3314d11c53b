// Trick: leaves an OpenMP team of its own busy: a second master keeps every core spinning.
// Seen: two OpenMP runtimes in one process; 31 us became 4 ms.
// Catch: processor time in the quiet moment after rest().
// Expect: CHEAT, INVALID
#include <atomic>
#include <thread>

#include "tests/cheats/probe.h"

struct BusyOpenmpTeam : probe::Honest {
  using Honest::Honest;
  ~BusyOpenmpTeam() override {
    on_ = false;
    if (master_.joinable()) master_.join();
  }
  void rest() override {
    if (master_.joinable()) return;
    master_ = std::thread([this] {
#pragma omp parallel
      while (on_) {
      }
    });
  }
  std::atomic<bool> on_ = true;
  std::thread master_;
};
POOLBENCH_PROBE(BusyOpenmpTeam)
