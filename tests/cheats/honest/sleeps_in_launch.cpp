// Odd: waits 200 us in each launch, as one does for a device.
#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct SleepsInLaunch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(SleepsInLaunch)
