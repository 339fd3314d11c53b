// Trick: slow until timing has begun, so that samples get few launches and few are looked at.
// Seen: pygpubench's exploit 4.
// Catch: it does not pay: a sample of one launch is a sample.
// Expect: no gain, CHEAT, INVALID
#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct SlowCalibration : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (!rested_) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  void rest() override { rested_ = true; }
  bool rested_ = false;
};
POOLBENCH_PROBE(SlowCalibration)
