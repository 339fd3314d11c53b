// Machines that tell nothing any more, or something else than those like them.
#ifndef POOLBENCH_BENCH_HISTORY_FLEET_H_
#define POOLBENCH_BENCH_HISTORY_FLEET_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/history/store.h"

namespace poolbench {

struct Silence {
  std::string host;
  int64_t last;  // date of its last record
  double usual;  // days between its days with records, the median of the last ten; kNone: unknown
};
// A host is silent for `days` without a record, or else for three times as long as usual, which
// three days with records tell.
std::vector<Silence> silent_hosts(const std::multimap<std::string, int64_t>& records, int64_t now,
                                  std::optional<double> days);

struct Outlier {
  std::string host, device;
  double deviation;    // of ln time, from the median of its like
  double spread;       // of the like machines' deviations: 1.4826 times their median size
  size_t machines;     // like ones
  size_t comparisons;  // of a case on one commit
};
constexpr size_t kFewestAlike = 4;
constexpr double kOutlierSpreads = 5;
constexpr double kLeastOutlier = 0.1;  // of ln time

// Machines are like each other where their series differ in nothing but host and device. They are
// compared in cases on the same commits, of each case the newest five that kFewestAlike of them
// ran; a machine's deviation is the median over all of these. It is an outlier if that is
// kOutlierSpreads times its like's spread, and kLeastOutlier.
std::vector<Outlier> outliers(const std::map<int64_t, SeriesName>& names,
                              const std::map<int64_t, std::vector<SeriesPoint>>& points);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_FLEET_H_
