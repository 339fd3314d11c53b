// A Record is one measured or refused row, as it is written, compared and reported.
#ifndef POOLBENCH_BENCH_RECORD_RECORD_H_
#define POOLBENCH_BENCH_RECORD_RECORD_H_

#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>

#include "bench/time/gpu_watch.h"
#include "bench/time/measure.h"

namespace poolbench {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Record {
  std::string contender;  // "openmp", "openmp.table"
  std::string kernel;     // the one that ran
  PoolProblem problem;
  Temperature temperature = Temperature::kCold;
  Status status = Status::kOk;
  std::string reason;
  std::optional<Comparison> comparison;
  Device device;
  int64_t scratch_bytes = 0;

  Series series;
  Interval seconds = {kNone, kNone, kNone};  // of one launch
  Traffic traffic;                           // compulsory
  // The row's ceiling: the fastest of copy, read and reduction over as many bytes, in the same
  // blocks on the same device; and its time over the row's, block by block.
  std::string ceiling;
  double ceiling_seconds = kNone;
  Interval share = {kNone, kNone, kNone};
  // The baseline's time over this row's, block by block: above 1 this row is faster.
  std::string baseline;
  Interval ratio = {kNone, kNone, kNone};
  bool across_devices = false;   // the baseline ran on another device: the ratio compares those too
  double floor_seconds = kNone;  // of an empty problem on this contender

  std::string name() const;  // contender/problem/cold
  // Below twice the floor: its time says what a launch costs, not what memory gives.
  bool below_floor() const { return seconds.median < 2 * floor_seconds; }
  // Time over (floor + bytes at the ceiling's speed): what a row below the floor is judged by.
  double floor_ratio() const;
  double bytes_per_second() const { return double(traffic.total()) / seconds.median; }
};

std::string_view temperature_name(Temperature temperature);

// All rows of one problem.
struct CaseResult {
  PoolProblem problem;
  std::vector<Record> records;
};

// Fills in shares, ratios and INVALID from the series. `ceilings` names the ceiling series of each
// device (by UUID) that has some.
struct CeilingSeries {
  std::string uuid, name;
  Temperature temperature;
  Series series;
};
// `baseline`: the contender to compare with; empty: the best of `peers` in each case, if any, and
// of those on the row's own device where there are some.
void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers);

// What is known of a run beside its rows.
struct RunNotes {
  const GpuWatch* watch = nullptr;    // may be none
  std::vector<std::string> left_out;  // problems that the run's budget had no time for
};

// The run as Google Benchmark writes one, so that its tools read it: a row a sample and a row for
// the median, which carries our fields under "poolbench".
nlohmann::json records_json(const std::vector<const CaseResult*>& cases, const RunNotes& notes);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_RECORD_H_
