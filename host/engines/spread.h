// Where the threads of an engine wake up.
//
// On a machine with other work, threads that were asleep may all wake up on one processor, and stay
// there until the scheduler balances the load, which takes tens of milliseconds: a team whose
// threads wait for each other then takes a time slice for each launch, 8 ms instead of 4 us. The
// team of this process hardly ever sleeps, so that would hit engines alone.
#ifndef POOLBENCH_HOST_ENGINES_SPREAD_H_
#define POOLBENCH_HOST_ENGINES_SPREAD_H_

#include <sched.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <set>

namespace poolbench {

class Spread {
 public:
  // Holds each thread of the process that ran since the last call on a processor of its own, if
  // there are as many and the process does not place its threads by itself.
  void apart(pid_t process);
  // All may run anywhere again.
  void let_go();
  // The processor of the process's first thread, -1 where it is not held on one.
  int first() const { return first_; }

 private:
  pid_t process_ = 0;  // whose threads are held apart; 0: none are
  int first_ = -1;
  cpu_set_t usable_ = {};
  std::set<pid_t> apart_;          // those that are
  std::map<pid_t, uint64_t> ran_;  // nanoseconds, by thread
};

// While it lives, the calling thread shares a processor with the engine's first thread, if that is
// held on one. The two take turns, while the engine's other threads may spin: woken on the
// processor of such a thread, the caller would wait for it for milliseconds.
class BesideFirst {
 public:
  explicit BesideFirst(const Spread& spread);
  ~BesideFirst();
  BesideFirst(const BesideFirst&) = delete;

 private:
  bool held_ = false;
  cpu_set_t before_ = {};
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ENGINES_SPREAD_H_
