// A median with its interval.
#ifndef POOLBENCH_BENCH_TIME_INTERVAL_H_
#define POOLBENCH_BENCH_TIME_INTERVAL_H_

#include <vector>

namespace poolbench {

struct Interval {
  double median, low, high;
  double half_width() const { return (high - low) / 2 / median; }
};
// Which of n samples in order are the ends of median_interval(): [x_rank, x_(n + 1 - rank)],
// counted from 1. It covers the median with a probability of `level`, at least the one asked for.
// Rank 0: there are too few samples.
struct IntervalOrder {
  int rank;
  double level;
};
IntervalOrder interval_order(int n, double confidence);
// From order statistics (binomial sign test), whatever the distribution. With too few samples for
// `confidence` (six for 95 %) the ends are NaN.
Interval median_interval(std::vector<double> samples, double confidence = 0.95);
// NaN without samples.
double median(std::vector<double> samples);
// The smallest sample that at least this share of them does not exceed; NaN without samples.
double quantile(std::vector<double> samples, double share);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_INTERVAL_H_
