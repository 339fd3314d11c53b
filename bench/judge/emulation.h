// What an emulated device takes, before it takes it.
#ifndef POOLBENCH_BENCH_JUDGE_EMULATION_H_
#define POOLBENCH_BENCH_JUDGE_EMULATION_H_

#include <string>

#include "bench/select/contender.h"

namespace poolbench {

// Returns a line that says how long `launches` of a contender that is never timed may take, if that
// is a minute or more.
std::string slow_emulation(const Contender& contender, const Problem& problem, int64_t launches);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_EMULATION_H_
