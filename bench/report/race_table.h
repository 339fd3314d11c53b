// The table of `race`, and its Markdown for a pull request.
#ifndef POOLBENCH_BENCH_REPORT_RACE_TABLE_H_
#define POOLBENCH_BENCH_REPORT_RACE_TABLE_H_

#include "bench/race/outcome.h"

namespace poolbench {

// Rows by problem, then what the verdicts are worth. `explain`: a sentence a row says why.
std::string race_table(const RaceOutcome& outcome, bool explain);
// "of 48 pairs of copies none ..."
std::string race_worth(const RaceOutcome& outcome);
// "3 SAME, 1 SLOWER"
std::string race_counts(const RaceOutcome& outcome);

// At most `bytes` long: the rows that say most come first, and those that are left out are counted.
std::string race_markdown(const RaceOutcome& outcome, size_t bytes);

std::string tally_table(const std::vector<Tally>& tallies);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_RACE_TABLE_H_
