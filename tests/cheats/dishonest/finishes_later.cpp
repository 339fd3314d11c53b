// Trick: hands the work to a thread and returns at once.
// Seen: Deep Reinforce's and Standard Kernel's lists: work on another stream or thread.
// Catch: outputs compared when launch() has returned; processor time after the sample.
// Expect: CHEAT, WRONG
#include <thread>

#include "tests/cheats/probe.h"

struct FinishesLater : probe::Honest {
  using Honest::Honest;
  ~FinishesLater() override { wait(); }
  void launch(const poolbench_tensors& t) override {
    wait();
    if (!rested_) return Honest::launch(t);
    worker_ = std::thread([this, t] { Honest::launch(t); });
  }
  void rest() override {
    wait();
    rested_ = true;
  }
  void wait() {
    if (worker_.joinable()) worker_.join();
  }
  std::thread worker_;
  bool rested_ = false;
};
POOLBENCH_PROBE(FinishesLater)
