// Trick: a thread of its own burns a core in the others' turns.
// Seen: thought of for this suite.
// Catch: processor time in the quiet moment after rest().
// Expect: CHEAT, INVALID
#include <atomic>
#include <thread>

#include "tests/cheats/probe.h"

struct BurnsCore : probe::Honest {
  using Honest::Honest;
  ~BurnsCore() override { stop(); }
  void launch(const poolbench_tensors& t) override {
    if (on_) stop();
    Honest::launch(t);
  }
  void rest() override {
    stop();
    on_ = true;
    burner_ = std::thread([this] {
      while (on_) {
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
POOLBENCH_PROBE(BurnsCore)
