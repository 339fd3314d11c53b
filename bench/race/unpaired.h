// Two runs that are over, judged by what they stored: a rougher race, for whoever has no more.
#ifndef POOLBENCH_BENCH_RACE_UNPAIRED_H_
#define POOLBENCH_BENCH_RACE_UNPAIRED_H_

#include "bench/race/outcome.h"

namespace poolbench {

// What a row of identical code differs by from one process to the next (its standard deviation, of
// ln time), where both ran one after the other on a shared machine: in a process it is 1 %.
constexpr double kBetweenRuns = 0.078;
// Why the rules of stored runs are wider, in a sentence or two.
extern const std::string_view kWhyWider;

// The rows of `base`, named as in a race, each against the row of the same contender in `head`. One
// process each is no sample of processes, so there are no bets. A row is SLOWER or FASTER where the
// two intervals are apart by more than copies_factor times kBetweenRuns, by its time and, where
// both have one, by its share of the ceiling: a machine that got slower slows the ceiling too. What
// is nearer is UNRESOLVED, never SAME. A row that `head` lacks is MISSING.
RaceOutcome unpaired_outcome(const std::vector<CaseResult>& base,
                             const std::vector<CaseResult>& head, const Rules& rules);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_UNPAIRED_H_
