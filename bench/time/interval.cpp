#include "bench/time/interval.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace poolbench {

// The largest rank with P(Binomial(n, 1/2) < rank) <= (1 - confidence) / 2.
IntervalOrder interval_order(int n, double confidence) {
  double term = std::pow(0.5, n), below = 0;
  int rank = 0;
  while (below + term <= (1 - confidence) / 2) {
    below += term;
    term *= double(n - rank) / double(rank + 1);
    ++rank;
  }
  return {rank, 1 - 2 * below};
}

Interval median_interval(std::vector<double> samples, double confidence) {
  if (samples.empty()) return {NAN, NAN, NAN};
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<int>(samples.size());
  const double median = n % 2 != 0 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
  const int rank = interval_order(n, confidence).rank;
  if (rank == 0) return {median, NAN, NAN};
  return {median, samples[rank - 1], samples[n - rank]};
}

double median(std::vector<double> samples) {
  if (samples.empty()) return NAN;
  const auto middle = samples.begin() + std::ptrdiff_t(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  if (samples.size() % 2 != 0) return *middle;
  return (*middle + *std::max_element(samples.begin(), middle)) / 2;
}

double quantile(std::vector<double> samples, double share) {
  if (samples.empty()) return NAN;
  const auto last = static_cast<int64_t>(samples.size()) - 1;
  const auto rank = static_cast<int64_t>(std::ceil(share * double(samples.size()))) - 1;
  const auto at = samples.begin() + std::clamp<int64_t>(rank, 0, last);
  std::nth_element(samples.begin(), at, samples.end());
  return *at;
}

}  // namespace poolbench
