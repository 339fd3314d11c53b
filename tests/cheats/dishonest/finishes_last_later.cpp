// Trick: does all but the last tenth of the rows; a thread of its own does those after the return.
// Seen: Deep Reinforce's and Standard Kernel's lists, made modest.
// Catch: outputs compared when launch() has returned; processor time after the sample.
// Expect: CHEAT, WRONG, no gain
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/cheats/probe.h"

struct FinishesLastLater : probe::Honest {
  using Honest::Honest;
  ~FinishesLastLater() override {
    give(nullptr, true);
    worker_.join();
  }
  void launch(const poolbench_tensors& t) override {
    if (!rested_) return Honest::launch(t);
    pool(t, 0, rows() * 9 / 10);
    give(&t, false);
  }
  void rest() override { rested_ = true; }
  void give(const poolbench_tensors* work, bool over) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return !has_work_; });
    if (work != nullptr) work_ = *work;
    has_work_ = work != nullptr;
    over_ = over;
    turn_.notify_all();
  }
  void work() {
    for (std::unique_lock lock(mutex_);;) {
      turn_.wait(lock, [&] { return has_work_ || over_; });
      if (over_) return;
      pool(work_, rows() * 9 / 10, rows());
      has_work_ = false;
      turn_.notify_all();
    }
  }
  std::mutex mutex_;
  std::condition_variable turn_;
  poolbench_tensors work_ = {};
  bool has_work_ = false, over_ = false, rested_ = false;
  std::thread worker_{[this] { work(); }};
};
POOLBENCH_PROBE(FinishesLastLater)
