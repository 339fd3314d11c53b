// The times of this process' threads, what disturbed them, and the process' priority.
#include "bench/time/weather.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "bench/time/machine.h"

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

TEST(Weather, others_have_what_this_process_did_not_use) {
  const SchedulerTimes before;
  SchedulerTimes after;
  after.wall = 1;
  after.own = 1.2;
  after.waited = 0.9;
  after.caller = 0.6;
  after.caller_waited = 0.4;
  const Weather weather = Weather::between(before, after, 2);
  EXPECT_DOUBLE_EQ(weather.waited, 0.8) << "at most what others had of two processors";
  EXPECT_NEAR(weather.stolen, 0, 1e-12);
  EXPECT_EQ(weather.disturbance(1, 0.02), "other processes");
  // Four threads that wait for each other on two processors disturb themselves.
  after.own = 2;
  EXPECT_DOUBLE_EQ(Weather::between(before, after, 2).waited, 0);
}

TEST(Weather, threads_that_wait_for_each_other_while_a_processor_stands_idle_are_not_disturbed) {
  SchedulerTimes before, after;
  before.idle = 5;
  before.threads = {{1, 0}, {2, 0}};
  after.threads = {{1, 0.3}, {2, 0.3}};
  after.wall = 1;
  after.own = 1;
  after.waited = 0.5;
  after.idle = before.idle + 0.9;
  EXPECT_NEAR(Weather::between(before, after, 2).waited, 0.1, 1e-12);
  after.threads[2] = 0;  // two threads on two processors do not wait for each other
  EXPECT_NEAR(Weather::between(before, after, 2).waited, 0.5, 1e-12);
}

TEST(Weather, an_engine_that_waits_for_the_caller_beside_it_is_not_disturbed) {
  const SchedulerTimes before;
  SchedulerTimes after;
  after.wall = 1;
  after.own = 1.2;
  after.caller = 0.2;
  after.waited = 0.15;
  EXPECT_DOUBLE_EQ(Weather::between(before, after, 2, true).waited, 0);
  EXPECT_DOUBLE_EQ(Weather::between(before, after, 2).waited, 0.15);
  after.waited = 0.5;
  EXPECT_DOUBLE_EQ(Weather::between(before, after, 2, true).waited, 0.3);
}

TEST(Weather, time_that_nobody_had_was_stolen) {
  const SchedulerTimes before;
  SchedulerTimes after;
  after.wall = 1;
  after.own = after.caller = 0.7;
  Weather weather = Weather::between(before, after, 1);
  EXPECT_NEAR(weather.stolen, 0.3, 1e-12);
  EXPECT_EQ(weather.disturbance(1, 0.02), "stolen time");
  EXPECT_EQ(weather.disturbance(1, 0.5), "");
  after.sleeps = 1;  // it may have slept for as long
  weather = Weather::between(before, after, 1);
  EXPECT_EQ(weather.stolen, 0);
}

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

// Where processors are shared by session, a process that keeps one busy in another session would
// else have as much as this one, whatever its priority.
TEST(Machine, who_leads_a_session_raises_it_before_others) {
  if (!std::ifstream("/proc/self/autogroup")) GTEST_SKIP() << "sessions share nothing here";
  const pid_t leader = fork();
  if (leader == 0) {
    setsid();
    std::ostringstream session;
    const int priority = run_before_others();
    session << std::ifstream("/proc/self/autogroup").rdbuf();
    _exit(priority == 0 || session.str().find("nice -20") != std::string::npos ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(leader, &status, 0), leader);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace poolbench
