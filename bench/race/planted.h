// A contender that takes a known share longer, for real.
#ifndef POOLBENCH_BENCH_RACE_PLANTED_H_
#define POOLBENCH_BENCH_RACE_PLANTED_H_

#include "host/backend.h"

namespace poolbench {

// Launches as `inner` does, and then spins until `share` of that launch's own time has passed
// again. `inner` must outlive it and work on the host, where a launch is done on return; throws
// std::runtime_error for another one.
std::unique_ptr<Backend> planted(Backend& inner, double share);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_PLANTED_H_
