#include "bench/time/weather.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <optional>

#include "host/engines/process.h"

namespace poolbench {
namespace {

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

// A thread's processor time as the kernel numbers its clocks, see CPUCLOCK_PERTHREAD in
// https://github.com/torvalds/linux/blob/v6.1/include/linux/posix-timers_types.h.
clockid_t clock_of(int thread) {
  constexpr int kPerThread = 4, kScheduler = 2;
  return (~static_cast<clockid_t>(thread) << 3) | kPerThread | kScheduler;
}

// The numbers at the beginning of a file of the kernel's; nothing where they cannot be read.
template <size_t kCount>
std::optional<std::array<uint64_t, kCount>> numbers(int file) {
  char text[128];
  const ssize_t length = pread(file, text, sizeof text - 1, 0);
  if (length < 0) return std::nullopt;
  std::array<uint64_t, kCount> values{};
  text[length] = '\0';
  char* at = text;
  for (uint64_t& value : values) value = std::strtoull(at, &at, 10);
  return values;
}

// The second number of a schedstat file: nanoseconds ready to run without a processor. Nothing of a
// thread that has ended.
std::optional<double> waited(int file) {
  const auto values = numbers<2>(file);
  return values ? std::optional(double((*values)[1]) * 1e-9) : std::nullopt;
}

// Of the other threads, how many used a processor between the two.
int64_t ran(const SchedulerTimes& before, const SchedulerTimes& after) {
  return std::ranges::count_if(after.threads, [&](const auto& thread) {
    const auto then = before.threads.find(thread.first);
    return then == before.threads.end() || thread.second > then->second;
  });
}

}  // namespace

IdleClock::IdleClock() {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &usable)) continue;
    for (int state = 0;; ++state) {
      const int file =
          open(fmt::format("/sys/devices/system/cpu/cpu{}/cpuidle/state{}/time", processor, state)
                   .c_str(),
               O_RDONLY | O_CLOEXEC);
      if (file < 0) break;
      files_.push_back(file);
    }
  }
}

IdleClock::~IdleClock() {
  for (const int file : files_) close(file);
}

double IdleClock::now() const {
  double seconds = 0;
  for (const int file : files_)
    if (const auto microseconds = numbers<1>(file)) seconds += double((*microseconds)[0]) * 1e-6;
  return seconds;
}

int usable_processors() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(CPU_COUNT(&set), 1) : 1;
}

SchedulerClock::~SchedulerClock() {
  for (const auto& [thread, file] : files_) close(file);
}

namespace {

// `process`: a number, or "self".
std::vector<int> threads_of(const std::string& process) {
  std::vector<int> found;
  DIR* threads = opendir(fmt::format("/proc/{}/task", process).c_str());
  if (threads == nullptr) return found;
  while (const dirent* entry = readdir(threads))
    if (const int thread = std::atoi(entry->d_name); thread != 0) found.push_back(thread);
  closedir(threads);
  return found;
}

}  // namespace

void SchedulerClock::find_threads() {
  std::map<int, int> still;
  const auto find = [&](const std::string& process) {
    for (const int thread : threads_of(process)) {
      // A number that was given away again needs another file.
      if (const auto known = files_.find(thread); known != files_.end() && waited(known->second))
        still.insert(*known);
      else if (const int file =
                   open(fmt::format("/proc/{}/task/{}/schedstat", process, thread).c_str(),
                        O_RDONLY | O_CLOEXEC);
               file >= 0)
        still[thread] = file;
    }
  };
  find("self");
  const std::map<int, int> own = still;
  engines_.clear();
  for (const RunningEngine& engine : running_engines()) {
    find(std::to_string(engine.pid));
    engines_.push_back(engine.pid);
  }
  of_engines_.clear();
  for (const auto& [thread, file] : still)
    if (!own.contains(thread)) of_engines_.insert(thread);
  for (const auto& [thread, file] : files_)
    if (const auto kept = still.find(thread); kept == still.end() || kept->second != file)
      close(file);
  files_ = std::move(still);
}

SchedulerTimes SchedulerClock::now() const {
  SchedulerTimes times;
  rusage caller{};
  getrusage(RUSAGE_THREAD, &caller);
  times.sleeps = caller.ru_nvcsw;
  for (const auto& [thread, file] : files_) {
    const auto here = waited(file);
    if (!here) continue;  // it has ended
    times.waited += *here;
    if (thread == gettid())
      times.caller_waited = *here;
    else if (!of_engines_.contains(thread))
      times.threads[thread] = seconds_of(clock_of(thread));
  }
  if (int(files_.size()) > processors_) times.idle = idle_.now();
  times.own = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  for (const int engine : engines_) {
    clockid_t clock{};
    if (clock_getcpuclockid(engine, &clock) != 0) continue;
    times.threads[engine] = seconds_of(clock);
    times.own += times.threads[engine];
  }
  times.caller = seconds_of(CLOCK_THREAD_CPUTIME_ID);
  times.wall = seconds_of(CLOCK_MONOTONIC);
  return times;
}

bool ThreadOwners::know(const SchedulerTimes& now) const {
  return std::ranges::all_of(now.threads,
                             [&](const auto& thread) { return owners_.contains(thread.first); });
}

void ThreadOwners::give(const std::string& owner, const std::vector<int>& threads) {
  for (const int thread : threads) owners_[thread] = owner;
}

void ThreadOwners::give_rest(const std::string& owner, const SchedulerTimes& now) {
  for (const auto& [thread, seconds] : now.threads) owners_.try_emplace(thread, owner);
  // The kernel gives numbers away again.
  std::erase_if(owners_, [&](const auto& one) { return !now.threads.contains(one.first); });
}

std::map<std::string, double> ThreadOwners::ran(const SchedulerTimes& before,
                                                const SchedulerTimes& after) const {
  std::map<std::string, double> seconds;
  for (const auto& [thread, now] : after.threads) {
    const auto owner = owners_.find(thread);
    if (owner == owners_.end() || owner->second.empty()) continue;
    const auto then = before.threads.find(thread);
    seconds[owner->second] += now - (then != before.threads.end() ? then->second : 0);
  }
  return seconds;
}

Weather Weather::between(const SchedulerTimes& before, const SchedulerTimes& after, int processors,
                         bool beside_engine) {
  const double wall = after.wall - before.wall;
  double others = processors * wall - (after.own - before.own);
  if (before.idle > 0 && ran(before, after) >= processors) others -= after.idle - before.idle;
  Weather weather;
  double waited = after.waited - before.waited;
  if (beside_engine) waited -= after.caller - before.caller;
  weather.waited = std::clamp(waited, 0.0, std::max(others, 0.0));
  // A thread that never slept either ran, or waited, or its processor was not there.
  if (after.sleeps == before.sleeps)
    weather.stolen = std::max(
        wall - (after.caller - before.caller) - (after.caller_waited - before.caller_waited), 0.0);
  return weather;
}

std::string Weather::disturbance(double seconds, double share) const {
  if (std::max(waited, stolen) <= share * seconds) return {};
  return waited > stolen ? "other processes" : "stolen time";
}

}  // namespace poolbench
