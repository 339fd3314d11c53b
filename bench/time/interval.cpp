#include "bench/time/interval.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace poolbench {

Interval median_interval(std::vector<double> samples, double confidence) {
  if (samples.empty()) return {NAN, NAN, NAN};
  std::sort(samples.begin(), samples.end());
  const auto n = static_cast<int>(samples.size());
  const double median = n % 2 != 0 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2;
  // Finds the largest r with P(Binomial(n, 1/2) < r) <= (1 - confidence) / 2. Then
  // [x_r, x_(n+1-r)] covers so much.
  double term = std::pow(0.5, n), below = 0;
  int r = 0;
  while (below + term <= (1 - confidence) / 2) {
    below += term;
    term *= double(n - r) / double(r + 1);
    ++r;
  }
  if (r == 0) return {median, NAN, NAN};
  return {median, samples[r - 1], samples[n - r]};
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
