// Odd: threads of its own, which spin for work in launch() and are parked in rest().
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/cheats/probe.h"

struct OwnPool : probe::Honest {
  using Honest::Honest;
  ~OwnPool() override {
    state_ = kOver;
    wake();
    worker_.join();
  }
  void launch(const poolbench_tensors& t) override {
    work_ = t;
    state_ = kWork;
    wake();
    pool(t, 0, rows() / 2);
    while (state_ == kWork) std::this_thread::yield();
  }
  void rest() override { state_ = kParked; }
  void wake() {
    { std::lock_guard lock(mutex_); }
    unpark_.notify_one();
  }
  void work() {
    for (;;) {
      if (state_ == kParked) {
        std::unique_lock lock(mutex_);
        unpark_.wait(lock, [this] { return state_ != kParked; });
      }
      if (state_ == kOver) return;
      if (state_ != kWork) {
        std::this_thread::yield();
        continue;
      }
      pool(work_, rows() / 2, rows());
      state_ = kIdle;
    }
  }
  enum State { kParked, kIdle, kWork, kOver };
  std::atomic<State> state_ = kParked;
  std::mutex mutex_;
  std::condition_variable unpark_;
  poolbench_tensors work_ = {};
  std::thread worker_{[this] { work(); }};
};
POOLBENCH_PROBE(OwnPool)
