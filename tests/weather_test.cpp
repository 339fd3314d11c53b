// The times of this process' threads: who is found, and who is gone.
#include "bench/time/weather.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

namespace poolbench {
namespace {

// A thread that works until it is told to end.
class Worker {
 public:
  Worker() : thread_([this] { work(); }) { number_ = said_.get_future().get(); }
  ~Worker() {
    end_ = true;
    thread_.join();
  }
  int number() const { return number_; }

 private:
  void work() {
    said_.set_value(gettid());
    while (!end_) {
    }
  }
  std::promise<int> said_;
  std::atomic<bool> end_ = false;
  int number_ = 0;
  std::thread thread_;
};

TEST(SchedulerClock, threads_have_times_from_when_they_are_found_until_they_end) {
  SchedulerClock clock;
  int number = 0;
  {
    const Worker worker;
    number = worker.number();
    EXPECT_FALSE(clock.now().threads.contains(number));
    clock.find_threads();
    const SchedulerTimes before = clock.now();
    ASSERT_TRUE(before.threads.contains(number));
    EXPECT_FALSE(before.threads.contains(gettid())) << "the caller is none of the others";
    SchedulerTimes after = clock.now();
    while (after.threads.at(number) <= before.threads.at(number)) after = clock.now();
    EXPECT_GT(after.wall, before.wall);
    EXPECT_GE(after.own, before.own);
  }
  EXPECT_FALSE(clock.now().threads.contains(number)) << "it has ended";
  clock.find_threads();
  EXPECT_FALSE(clock.now().threads.contains(number));
}

TEST(ThreadOwners, a_new_thread_is_nobodys_until_it_is_given) {
  SchedulerClock clock;
  ThreadOwners owners;
  owners.give_rest("", clock.now());
  EXPECT_TRUE(owners.know(clock.now()));
  const Worker worker;
  EXPECT_TRUE(owners.know(clock.now())) << "not looked for yet";
  clock.find_threads();
  EXPECT_FALSE(owners.know(clock.now()));
  owners.give_rest("mine", clock.now());
  const SchedulerTimes before = clock.now();
  SchedulerTimes after = before;
  while (owners.ran(before, after)["mine"] <= 0) after = clock.now();
  EXPECT_EQ(owners.ran(before, after).size(), 1u);
}

}  // namespace
}  // namespace poolbench
