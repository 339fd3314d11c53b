// Trick: as burns_core, but a third of the time, in bursts of 0.2 ms: hard to see in one look.
// Seen: thought of for this suite.
// Catch: processor time of its threads over all the others' turns, not in one moment.
// Expect: CHEAT, INVALID
#include <atomic>
#include <chrono>
#include <thread>

#include "tests/cheats/probe.h"

struct BurnsInShortBursts : probe::Honest {
  using Honest::Honest;
  ~BurnsInShortBursts() override { stop(); }
  void launch(const poolbench_tensors& t) override {
    if (on_) stop();
    Honest::launch(t);
  }
  void rest() override {
    stop();
    on_ = true;
    burner_ = std::thread([this] {
      using Clock = std::chrono::steady_clock;
      while (on_) {
        const auto end = Clock::now() + std::chrono::microseconds(200);
        while (Clock::now() < end) {
        }
        std::this_thread::sleep_for(std::chrono::microseconds(400));
      }
    });
  }
  void stop() {
    on_ = false;
    if (burner_.joinable()) burner_.join();
  }
  std::atomic<bool> on_ = false;
  std::thread burner_;
};
POOLBENCH_PROBE(BurnsInShortBursts)
