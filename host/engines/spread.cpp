#include "host/engines/spread.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace poolbench {
namespace {

// A thread that does less in a turn takes no part in the work.
constexpr uint64_t kLeast = 100'000;  // nanoseconds

// The threads of a process, and for how long each has run.
std::map<pid_t, uint64_t> threads_of(pid_t process) {
  std::map<pid_t, uint64_t> threads;
  std::error_code error;
  const auto tasks = fmt::format("/proc/{}/task", process);
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    std::ifstream file(task.path() / "schedstat");
    uint64_t ran = 0;
    if (file >> ran) threads[std::atoi(task.path().filename().c_str())] = ran;
  }
  return threads;
}

// 0 is the calling thread. Whether it may run there.
bool hold(pid_t thread, int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  return sched_setaffinity(thread, sizeof one, &one) == 0;
}

}  // namespace

void Spread::apart(pid_t process) {
  let_go();
  const auto before = std::exchange(ran_, threads_of(process));
  sched_getaffinity(process, sizeof usable_, &usable_);
  std::vector<pid_t> busy;
  for (const auto& [thread, ran] : ran_) {
    const auto then = before.find(thread);
    if (then == before.end() || ran - then->second < kLeast) continue;
    cpu_set_t own;
    sched_getaffinity(thread, sizeof own, &own);
    if (!CPU_EQUAL(&own, &usable_)) return;  // it places its threads by itself
    busy.push_back(thread);
  }
  if (busy.size() < 2 || int(busy.size()) > CPU_COUNT(&usable_)) return;
  process_ = process;
  apart_.insert(busy.begin(), busy.end());
  int processor = -1;
  for (const pid_t thread : busy) {
    do ++processor;
    while (!CPU_ISSET(processor, &usable_));
    hold(thread, processor);
    if (thread == process) first_ = processor;
  }
}

void Spread::let_go() {
  if (process_ == 0) return;
  first_ = -1;
  for (const auto& [thread, ran] : threads_of(std::exchange(process_, 0)))
    if (apart_.contains(thread) || !ran_.contains(thread))  // a new one is placed as its maker was
      sched_setaffinity(thread, sizeof usable_, &usable_);
  apart_.clear();
}

BesideFirst::BesideFirst(const Spread& spread) {
  if (spread.first() < 0) return;
  sched_getaffinity(0, sizeof before_, &before_);
  held_ = hold(0, spread.first());
}

BesideFirst::~BesideFirst() {
  if (held_) sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace poolbench
