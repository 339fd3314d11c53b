#include "bench/race/bets.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

namespace poolbench {

// From j = wins down each C(n + 1, j) / C(n, wins) is a factor from the one before: none overflows.
double e_value(int wins, int losses) {
  const int n = wins + losses;
  double term = double(n + 1) / double(losses + 1);  // C(n + 1, wins) / C(n, wins)
  double sum = 0;
  for (int j = wins; j >= 0; --j) {
    sum += term;
    term *= double(j) / double(n + 2 - j);  // C(n + 1, j - 1) / C(n + 1, j)
  }
  return sum / double(n + 1);
}

std::vector<bool> rejected(std::span<const double> e_values, double family, double rate) {
  std::vector<double> sorted(e_values.begin(), e_values.end());
  std::ranges::sort(sorted, std::greater<>());
  double least = std::numeric_limits<double>::infinity();
  for (size_t k = 1; k <= sorted.size(); ++k)
    if (sorted[k - 1] >= family / (rate * double(k))) least = sorted[k - 1];
  std::vector<bool> is_rejected;
  for (const double e : e_values) is_rejected.push_back(e >= least);
  return is_rejected;
}

double power(int n, double win, double needed) {
  std::vector<double> chance = {1};  // of so many wins without having been there, by wins
  double there = 0;
  for (int tosses = 1; tosses <= n; ++tosses) {
    std::vector<double> next(size_t(tosses) + 1);
    for (int wins = 0; wins < tosses; ++wins) {
      next[size_t(wins)] += chance[size_t(wins)] * (1 - win);
      next[size_t(wins) + 1] += chance[size_t(wins)] * win;
    }
    for (int wins = tosses; wins >= 0 && e_value(wins, tosses - wins) >= needed; --wins)
      there += std::exchange(next[size_t(wins)], 0);
    chance = std::move(next);
  }
  return there;
}

int tosses_for(double win, double needed, double least_power, int most) {
  int low = 1, high = most;
  while (low < high) {
    const int n = (low + high) / 2;
    if (power(n, win, needed) >= least_power)
      high = n;
    else
      low = n + 1;
  }
  return low;
}

double win_for(int n, double needed, double least_power) {
  double low = 0.5, high = 1;
  for (int step = 0; step < 30; ++step) {
    const double win = (low + high) / 2;
    (power(n, win, needed) >= least_power ? high : low) = win;
  }
  return high;
}

ShareInterval wilson(int64_t count, int64_t n) {
  if (n == 0) return {0, 1};
  constexpr double z = 1.959964;
  const double share = double(count) / double(n), z2 = z * z / double(n);
  const double middle = (share + z2 / 2) / (1 + z2);
  const double half =
      z / (1 + z2) * std::sqrt(share * (1 - share) / double(n) + z2 / (4 * double(n)));
  return {count == 0 ? 0 : middle - half, count == n ? 1 : middle + half};
}

}  // namespace poolbench
