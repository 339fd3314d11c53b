// The machine's weather: what kept a sample from running that was not its contender.
#ifndef POOLBENCH_BENCH_TIME_WEATHER_H_
#define POOLBENCH_BENCH_TIME_WEATHER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace poolbench {

// What the threads of this process and of engines have used and waited for, in all. Seconds.
struct SchedulerTimes {
  double wall = 0;
  double own = 0;     // processor time of all threads
  double waited = 0;  // ready to run, but others had the processors: the sum over all threads
  double caller = 0;  // processor time of the calling thread
  double caller_waited = 0;
  double idle = 0;     // of its processors, where there are fewer than threads
  int64_t sleeps = 0;  // of the calling thread: its voluntary switches
  // Processor time of the other threads, by number, and of each engine's process.
  std::map<int, double> threads;
};

// The time for which the processors that this process may use stood idle, as far as the kernel
// tells: /sys/devices/system/cpu/cpu*/cpuidle/state*/time. A processor's idle time counts once it
// works again. Seconds.
class IdleClock {
 public:
  IdleClock();
  ~IdleClock();
  IdleClock(const IdleClock&) = delete;
  double now() const;

 private:
  std::vector<int> files_;
};

// Processors that this process may run on.
int usable_processors();

// Reads them from /proc/PROCESS/task/*/schedstat and the threads' clocks. The waits are 0 where the
// kernel does not count them.
class SchedulerClock {
 public:
  SchedulerClock() { find_threads(); }
  ~SchedulerClock();
  SchedulerClock(const SchedulerClock&) = delete;
  // Looks which threads there are. That takes longer than the times of those that are known, so
  // once a turn is enough: a thread that is born in between has no times before.
  void find_threads();
  // The times of the threads that were found and still are.
  SchedulerTimes now() const;

 private:
  std::map<int, int> files_;  // of threads: schedstat, held open
  std::vector<int> engines_;  // processes
  std::set<int> of_engines_;  // threads
  IdleClock idle_;
  int processors_ = usable_processors();
};

// Whose threads are whose: those that appear while a contender has its turn are its own.
class ThreadOwners {
 public:
  // Whether every thread is somebody's.
  bool know(const SchedulerTimes& now) const;
  // Gives these threads, or all that nobody has, to `owner`; "" is the program.
  void give(const std::string& owner, const std::vector<int>& threads);
  void give_rest(const std::string& owner, const SchedulerTimes& now);
  // Processor time of each owner's threads between the two, but for the program's. Seconds.
  std::map<std::string, double> ran(const SchedulerTimes& before,
                                    const SchedulerTimes& after) const;

 private:
  std::map<int, std::string> owners_;
};

// What disturbed a sample. Seconds of it.
struct Weather {
  double waited = 0;  // for processors that others had
  double stolen = 0;  // from the virtual machine

  // `processors`: those that this process may use. What its own threads waited for each other is
  // no disturbance: time that others had is what this process did not use itself, and where more
  // of its threads ran than there are processors, what did not stand idle either. With fewer, idle
  // time explains no wait. `beside_engine`: the calling thread shares a processor with an engine
  // (host/engines/spread.h), whose waits are its doing for as long as it ran.
  static Weather between(const SchedulerTimes& before, const SchedulerTimes& after, int processors,
                         bool beside_engine = false);
  // The cause, or empty where both are below `share` of `seconds`.
  std::string disturbance(double seconds, double share) const;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_WEATHER_H_
