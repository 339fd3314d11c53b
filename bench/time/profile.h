// bench --profile: one launch of one case, in a range that a profiler can select.
#ifndef POOLBENCH_BENCH_TIME_PROFILE_H_
#define POOLBENCH_BENCH_TIME_PROFILE_H_

#include "bench/time/measure.h"

namespace poolbench {

// Launches the problem once on each contender inside a ProfilerRange named `contender/problem`. The
// result is checked, and the cache made cold or hot, before the range begins. Returns a verdict for
// each contender: kOk if it was launched, else why not.
std::vector<Verdict> profile(const std::vector<Contender>& contenders, const Problem& problem,
                             const Input& input, Temperature temperature);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_PROFILE_H_
