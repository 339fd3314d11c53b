// The results of a problem: one Record for each row.
#ifndef POOLBENCH_BENCH_TIME_RESULT_H_
#define POOLBENCH_BENCH_TIME_RESULT_H_

#include <limits>
#include <map>

#include "bench/time/measure.h"
#include "bench/time/plan_cost.h"
#include "bench/time/traffic.h"

namespace poolbench {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::string_view temperature_name(Temperature temperature);
// Returns the name of a row: "openmp.table/max/sliding/.../cold". It is the same in all outputs.
std::string row_name(const std::string& contender, const Problem& problem, Temperature temperature);

// Rows that take less than this have submit-to-done times: at batch 1 these decide. Seconds.
constexpr double kSubmitBelow = 50e-6;

// From the host's call of one launch until its result can be used, from idle, on warm operands.
struct Submit {
  double p50 = kNone, p99 = kNone;     // seconds
  int64_t samples = 0, disturbed = 0;  // that count, and that do not
  explicit Submit() = default;
  explicit Submit(const Series& series);
};

struct Record {
  std::string contender;  // "openmp", "openmp.table"
  std::string kernel;     // the one that ran
  Problem problem;
  Temperature temperature = Temperature::kCold;
  Status status = Status::kOk;
  std::string reason;
  std::optional<Comparison> comparison;
  Device device;
  PlanCost plan;
  int64_t scratch_bytes = 0;

  Series series;
  Interval seconds = {kNone, kNone, kNone};  // of one launch
  Traffic traffic;                           // compulsory
  // Of the same device, sets and blocks: the fastest of the passes that move as many bytes, or the
  // one that computes as much, if that takes longer. `share`: its time / this row's time, block by
  // block.
  std::string ceiling;
  double ceiling_seconds = kNone;
  Interval share = {kNone, kNone, kNone};
  // The baseline's time / this row's time, block by block. Above 1 this row is faster.
  std::string baseline;
  Interval ratio = {kNone, kNone, kNone};
  bool across_devices = false;   // the baseline ran on another device
  double floor_seconds = kNone;  // its launch with nothing to do
  bool warm = false;             // called cold, but its sets were read faster than memory is
  Submit submit;                 // of a row below kSubmitBelow
  // Of an engine: the time of a launch by its own clock, its library's version, and what is inside
  // the clock that a reader must know.
  double claimed_seconds = kNone;
  std::string library, note;

  std::string name() const { return row_name(contender, problem, temperature); }
  // Launch-bound: the time shows the cost of a launch, not the speed of memory.
  bool has_submit() const { return submit.samples > 0; }
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
  int64_t bytes = 0;  // of a launch
  Series series;
};
// The fastest pass that a run has seen, in bytes a second, by device and by what held the sets:
// "memory" or a cache.
using Peaks = std::map<std::pair<std::string, std::string>, double>;

// Fills in shares and ratios, and says which times mean nothing: NOISY ones, which the machine
// disturbed; INVALID ones, beyond what the machine has been seen to do. Adds the ceilings to
// `peaks`. `baseline`: the contender to compare with; empty: the fastest of `peers`, on the row's
// own device if there is one. `blocks`: as many as were asked for.
void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers, int blocks,
            Peaks& peaks);

// The share of blocks that did not count, and the processor time that they took.
struct Disturbance {
  int64_t blocks = 0;  // measured, in all
  std::map<std::string, int64_t> voided;
  double seconds = 0, voided_seconds = 0;
  void add(const CaseResult& result);
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_RESULT_H_
