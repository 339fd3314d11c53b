// What changed in a series, and whose change it was.
#ifndef POOLBENCH_BENCH_HISTORY_CHANGES_H_
#define POOLBENCH_BENCH_HISTORY_CHANGES_H_

#include "bench/history/steps.h"
#include "bench/history/store.h"

namespace poolbench {

struct Change {
  size_t at;        // the first point behind it
  bool machines;    // the ceiling moved, and the time with it or not at all
  bool of_ceiling;  // `step` is the ceiling's time's; else that of the time over the ceiling's
  Step step;
  Step time;  // of the time alone, at the same place
  bool slower() const { return step.size > 0; }
};

// Whether steps are judged by this point: it has a time, of code that can be checked out, and none
// from the cache where it should be cold.
bool counts(const SeriesPoint& point);

// Returns the changes of a series whose points are in order. Steps are those of the time over the
// ceiling's, which a slower day leaves as it is, and of the points that have one; of the time alone
// where most have none.
// Steps of the ceiling are the machine's, and so is a step of the ratio that hardly moved the time:
// then only the ceiling moved.
std::vector<Change> changes_of(const std::vector<SeriesPoint>& points);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_CHANGES_H_
