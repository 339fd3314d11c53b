// bench --profile: one launch of one case, where a profiler finds it.
#ifndef POOLBENCH_BENCH_TIME_PROFILE_H_
#define POOLBENCH_BENCH_TIME_PROFILE_H_

#include "bench/time/measure.h"

namespace poolbench {

// Launches the problem once on each contender inside a ProfilerRange named `contender/problem`,
// alone: the result was checked, and caches were left cold or hot, before the range began.
// A verdict for each contender: kOk, it was launched; otherwise why not.
std::vector<Verdict> profile(const std::vector<Contender>& contenders, const Problem& problem,
                             const Input& input, Temperature temperature);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_PROFILE_H_
