// What `record history` and `record check` print.
#ifndef POOLBENCH_BENCH_REPORT_HISTORY_TABLE_H_
#define POOLBENCH_BENCH_REPORT_HISTORY_TABLE_H_

#include "bench/history/changes.h"
#include "bench/history/fleet.h"

namespace poolbench {

// A series: a head, and a line a point with its time and its time over the ceiling's. A change
// stands behind the first point after it.
std::string history_table(const SeriesName& name, const std::vector<SeriesPoint>& points,
                          const std::vector<Change>& changes);

// "isa avx2, threads 2": a JSON object's fields, in the order of their names.
std::string conditions_text(const std::string& conditions);
// "SLOWER 9.6 % (7.1 to 12.2 %)"
std::string change_text(const Change& change);
// "max/sliding/…/k:2x2 cold, openmp on vm1"
std::string series_text(const SeriesName& name);
// "2026-11-30"
std::string day_text(int64_t date);

// Says on stderr how many rows are of commits that the repository does not have, if any.
void say_left_out(size_t rows, const std::string& repository);

std::string silence_text(const Silence& silence, int64_t now);
std::string outlier_text(const Outlier& outlier);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_HISTORY_TABLE_H_
