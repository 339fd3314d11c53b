// The machine that measures: what is known of it, and what no contender may leave changed.
#ifndef POOLBENCH_BENCH_TIME_MACHINE_H_
#define POOLBENCH_BENCH_TIME_MACHINE_H_

#include <sched.h>

#include <cstdint>
#include <set>

#include "bench/time/cache.h"
#include "bench/time/weather.h"

namespace poolbench {

// The processor's own counter, which no library can turn; 0 where there is none.
inline uint64_t processor_ticks() {
#ifdef __x86_64__
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t ticks;
  asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#else
  return 0;
#endif
}
// Of that counter, by the clock. Call it before any module is loaded.
double seconds_a_tick();

// Lets this process, and the threads that it will start, run before others, where the user may do
// that; returns its priority, 0 where not. Where the kernel shares the processors by session
// (https://man7.org/linux/man-pages/man7/sched.7.html, autogroups) a process' priority counts in
// its session alone, so one that leads a session raises that too. With two busy processes on two
// processors all rows of a run were ok with it, and 3 of 52 without.
int run_before_others();

class Machine {
 public:
  Machine();

  int processors = usable_processors();
  double seconds_a_tick = poolbench::seconds_a_tick();
  SchedulerClock clock;
  ThreadOwners owners;
  Caches caches;  // one for each device

  // Gives the threads that appeared since the last call to a contender, but for those of the OpenMP
  // team that all share.
  void note_threads(const std::string& owner);
  // Puts back what a contender may have changed for all: the processors and the priority of the
  // threads, the number of OpenMP threads. Ends processes that it left. Returns what it must not
  // leave, or nothing: libraries set the number of threads for every launch, which is theirs to do.
  std::string put_right();

 private:
  cpu_set_t mask_;
  int priority_, threads_;
  std::set<pid_t> children_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_MACHINE_H_
