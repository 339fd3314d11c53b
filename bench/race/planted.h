// A contender that takes a known share longer, for real.
#ifndef POOLBENCH_BENCH_RACE_PLANTED_H_
#define POOLBENCH_BENCH_RACE_PLANTED_H_

#include "host/backend.h"

namespace poolbench {

// Launches as `inner` does, and then spins until `share` of the launches' own time has passed
// again: after each, or after several that are short. The counter that it asks costs time too:
// compare with one whose share is 0. `inner` must outlive it and work on the host, where a launch
// is done on return; throws std::runtime_error for another one.
std::unique_ptr<Backend> planted(Backend& inner, double share);

// Its plan. rest() ends a sample.
struct TickClock {
  uint64_t (*now)();
  double seconds;  // a tick
};
std::unique_ptr<Plan> planted_plan(std::unique_ptr<Plan> inner, double share,
                                   const TickClock& clock);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_PLANTED_H_
