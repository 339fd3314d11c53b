// What the rows of records come to: who is the fastest, by how much, and how near to the ceiling.
#ifndef POOLBENCH_BENCH_REPORT_GLANCE_H_
#define POOLBENCH_BENCH_REPORT_GLANCE_H_

#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bench/record/stored_record.h"

namespace poolbench {

inline constexpr Temperature kTemperatures[] = {Temperature::kCold, Temperature::kHot};

// Of values above 0. Cases were timed one after the other, so their errors are taken to be
// independent, as in a network's total: what lies between a median and the end of its interval adds
// up as squares do. Without an end of each the mean has none.
class GeometricMean {
 public:
  void add(const Interval& value);  // leaves out what is no number above 0
  Interval interval() const;
  double value() const { return interval().median; }
  int64_t count() const { return count_; }

 private:
  double logs_ = 0, below_ = 0, above_ = 0;
  int64_t count_ = 0;
};

// Whether a row has a place in means of speed: it has a time, is not warm and not launch-bound.
bool is_in_means(const Record& row);

// The speed of one contender over another's: the other's time / its time, block by block.
struct Against {
  std::string other;
  GeometricMean ratio;  // over cases in which both are in means
  bool across_devices = false;
};

// A contender at one temperature.
struct Standing {
  std::string contender;
  Temperature temperature = Temperature::kCold;
  // Cases with another one's time: alone in front, beyond the intervals; or in front with others.
  int64_t fastest = 0, level = 0;
  int64_t timed = 0, below_floor = 0, warm = 0;
  std::map<std::string_view, int64_t> others;  // rows that are not ok, by status
  GeometricMean share;                         // of the ceiling
  std::vector<Against> against;
};

// In the order of the contenders' first rows, cold before hot.
std::vector<Standing> standings(std::span<const StoredRecord> records);

// Of one case at one temperature: those whose interval reaches that of the fastest, which comes
// first. Rows that are warm or without a time have no part.
std::vector<const Record*> leaders(const CaseResult& result, Temperature temperature);

// For a pull request: standings, networks and what did not run.
std::string report_markdown(std::span<const StoredRecord> records);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_GLANCE_H_
