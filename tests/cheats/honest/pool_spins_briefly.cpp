// Odd: a pool whose thread spins for 50 us after work before it sleeps, and knows no rest().
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/cheats/probe.h"

struct PoolSpinsBriefly : probe::Honest {
  using Honest::Honest;
  using Clock = std::chrono::steady_clock;
  ~PoolSpinsBriefly() override {
    give(kOver);
    worker_.join();
  }
  void launch(const poolbench_tensors& t) override {
    work_ = t;
    give(kWork);
    pool(t, 0, rows() / 2);
    while (state_ == kWork) std::this_thread::yield();
  }
  enum State { kIdle, kWork, kOver };
  void give(State state) {
    {
      std::lock_guard lock(mutex_);
      state_ = state;
    }
    woken_.notify_one();
  }
  void work() {
    while (state_ != kOver) {
      if (state_ == kWork) {
        pool(work_, rows() / 2, rows());
        state_ = kIdle;
      }
      const auto spin = Clock::now() + std::chrono::microseconds(50);
      while (state_ == kIdle && Clock::now() < spin) {
      }
      std::unique_lock lock(mutex_);
      woken_.wait(lock, [this] { return state_ != kIdle; });
    }
  }
  std::atomic<State> state_ = kIdle;
  std::mutex mutex_;
  std::condition_variable woken_;
  poolbench_tensors work_ = {};
  std::thread worker_{[this] { work(); }};
};
POOLBENCH_PROBE(PoolSpinsBriefly)
