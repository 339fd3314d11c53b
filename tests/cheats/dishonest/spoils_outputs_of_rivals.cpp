// Trick: remembers where outputs stand; a thread of its own scribbles there in the rivals' turns.
// Seen: thought of for this suite.
// Catch: the culprit is found before anybody is blamed: who is wrong beside it is right alone.
// Expect: CHEAT, WRONG
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct SpoilsOutputsOfRivals : probe::Honest {
  using Honest::Honest;
  ~SpoilsOutputsOfRivals() override { stop(); }
  void launch(const poolbench_tensors& t) override {
    stop();
    Honest::launch(t);
    dst_ = dst(t);
  }
  void rest() override {
    stop();
    on_ = true;
    vandal_ = std::thread([this] {
      while (on_) {
        dst_[outputs() / 2] = 77;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
    });
  }
  void stop() {
    on_ = false;
    if (vandal_.joinable()) vandal_.join();
  }
  float* dst_ = nullptr;
  std::atomic<bool> on_ = false;
  std::thread vandal_;
};
POOLBENCH_PROBE(SpoilsOutputsOfRivals)
