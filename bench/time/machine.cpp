#include "bench/time/machine.h"

#include <fmt/format.h>
#include <omp.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "bench/processes.h"
#include "host/engines/process.h"

namespace poolbench {
namespace {

cpu_set_t mask_of(pid_t thread) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  sched_getaffinity(thread, sizeof mask, &mask);
  return mask;
}

}  // namespace

double seconds_a_tick() {
  static const double seconds = [] {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::milliseconds kLong{5};
    const auto start = Clock::now();
    const uint64_t ticks = processor_ticks();
    while (Clock::now() - start < kLong) {
    }
    const auto end = Clock::now();
    const double counted = double(processor_ticks() - ticks);
    return counted > 0 ? std::chrono::duration<double>(end - start).count() / counted : 0;
  }();
  return seconds;
}

int run_before_others() {
  constexpr int kHighest = -20;
  setpriority(PRIO_PROCESS, 0, kHighest);
  if (getsid(0) == getpid()) std::ofstream("/proc/self/autogroup") << kHighest;
  return getpriority(PRIO_PROCESS, 0);
}

Machine::Machine()
    : mask_(mask_of(0)),
      priority_(getpriority(PRIO_PROCESS, 0)),
      threads_(omp_get_max_threads()),
      children_(children()) {}

void Machine::note_threads(const std::string& owner) {
  std::vector<int> team;
#pragma omp parallel num_threads(omp_get_num_procs())
  {
#pragma omp critical(poolbench_team)
    team.push_back(gettid());
  }
  owners.give("", team);
  for (const RunningEngine& engine : running_engines()) owners.give(engine.name, {engine.pid});
  clock.find_threads();
  owners.give_rest(owner, clock.now());
}

std::string Machine::put_right() {
  omp_set_num_threads(threads_);
  std::string left;
  if (const cpu_set_t now = mask_of(0); !CPU_EQUAL(&now, &mask_)) {
    left = fmt::format("leaves {} of {} processors to all", CPU_COUNT(&now), CPU_COUNT(&mask_));
    sched_setaffinity(0, sizeof mask_, &mask_);
    for (const auto& [thread, seconds] : clock.now().threads)
      sched_setaffinity(thread, sizeof mask_, &mask_);
  }
  if (const int now = getpriority(PRIO_PROCESS, 0); now != priority_) {
    left = fmt::format("leaves the priority at {} instead of {}", now, priority_);
    setpriority(PRIO_PROCESS, 0, priority_);
  }
  std::set<pid_t> engines;
  for (const RunningEngine& engine : running_engines()) engines.insert(engine.pid);
  for (const pid_t child : children()) {
    if (children_.contains(child) || engines.contains(child)) continue;
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) continue;  // it has ended by itself
    left = "leaves a process running";
    end_child(child);
  }
  return left;
}

}  // namespace poolbench
