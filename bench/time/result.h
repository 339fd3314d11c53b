// The results of a problem: one Record for each row.
#ifndef POOLBENCH_BENCH_TIME_RESULT_H_
#define POOLBENCH_BENCH_TIME_RESULT_H_

#include <limits>

#include "bench/time/measure.h"
#include "bench/time/traffic.h"

namespace poolbench {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string_view temperature_name(Temperature temperature);
// Returns the name of a row: "openmp.table/max/sliding/.../cold". It is the same in all outputs.
std::string row_name(const std::string& contender, const Problem& problem, Temperature temperature);

struct Record {
  std::string contender;  // "openmp", "openmp.table"
  std::string kernel;     // the one that ran
  Problem problem;
  Temperature temperature = Temperature::kCold;
  Status status = Status::kOk;
  std::string reason;
  std::optional<Comparison> comparison;
  Device device;
  int64_t scratch_bytes = 0;

  Series series;
  Interval seconds = {kNone, kNone, kNone};  // of one launch
  Traffic traffic;                           // compulsory
  // The fastest of the passes over the same number of bytes, on the same device and in the same
  // blocks, or of the same arithmetic where that takes longer. `share`: its time / this row's time,
  // block by block.
  std::string ceiling;
  double ceiling_seconds = kNone;
  Interval share = {kNone, kNone, kNone};
  // The baseline's time / this row's time, block by block. Above 1 this row is faster.
  std::string baseline;
  Interval ratio = {kNone, kNone, kNone};
  bool across_devices = false;   // the baseline ran on another device
  double floor_seconds = kNone;  // a launch with one element on this contender

  std::string name() const { return row_name(contender, problem, temperature); }
  // Launch-bound: the time shows the cost of a launch, not the speed of memory.
  bool below_floor() const { return seconds.median < 2 * floor_seconds; }
  // Time over (floor + bytes at the ceiling's speed): the figure of launch-bound rows.
  double floor_ratio() const;
  double bytes_per_second() const { return double(traffic.total()) / seconds.median; }
};

// All rows of one problem.
struct CaseResult {
  Problem problem;
  std::vector<Record> records;
};

// The series of a ceiling on a device (by UUID).
struct CeilingSeries {
  std::string uuid, name;
  Temperature temperature;
  Series series;
};
// Fills in shares and ratios, and marks times that cannot be true as INVALID. `baseline`: the
// contender to compare with; empty: the fastest of `peers`, on the row's own device if there is
// one.
void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_RESULT_H_
