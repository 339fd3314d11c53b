// What a case costs before it ran, in proportion to the others.
#ifndef POOLBENCH_BENCH_SUPERVISE_COSTS_H_
#define POOLBENCH_BENCH_SUPERVISE_COSTS_H_

#include <string>
#include <vector>

#include "host/problem.h"

namespace poolbench {

// Estimated: the elements that it moves, plus a fixed cost.
double work(const Problem& problem);

// The seconds that each case took in an earlier run, by its record; of one that is not in it an
// estimate from those that are. Throws BadInput where none is. Without a record, work().
std::vector<double> costs_of(const std::vector<Problem>& problems, const std::string& record);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_COSTS_H_
