#include "bench/race/row.h"

#include <fmt/format.h>

#include <cmath>

namespace poolbench {
namespace {

// How the contenders of a row differ from themselves, in both directions alike.
std::vector<double> noise_of(const Row& row) {
  std::vector<double> noise;
  for (const Ratios* ratios : {&row.base_copies, &row.own_copies})
    for (const double value : ratios->counted) noise.insert(noise.end(), {value, -value});
  return noise;
}

// The share of values that must be beyond a bound so that `n` of them have their `rank`-th (from
// the least, 1 and up) beyond it with this probability.
double share_for_rank(int n, int rank, double probability) {
  double low = 0, high = 1;
  for (int step = 0; step < 40; ++step) {
    const double share = (low + high) / 2;
    double chance = 0;  // that fewer than `rank` are at or below the bound
    for (int below = 0; below < rank; ++below)
      chance += std::exp(std::lgamma(n + 1) - std::lgamma(below + 1) - std::lgamma(n - below + 1) +
                         below * std::log1p(-share) + (n - below) * std::log(share));
    (chance >= probability ? high : low) = share;
  }
  return high;
}

}  // namespace

std::string_view speed_name(Speed speed) {
  switch (speed) {
    case Speed::kSame:
      return "SAME";
    case Speed::kFaster:
      return "FASTER";
    case Speed::kSlower:
      return "SLOWER";
    case Speed::kUnresolved:
      return "UNRESOLVED";
  }
  return {};
}

LogRatio log_ratio(const Record& record, const Record& base) {
  std::vector<double> counted, all;
  const auto& own = record.series;
  for (size_t i = 0; i < std::min(own.seconds.size(), base.series.seconds.size()); ++i)
    counted.push_back(std::log(own.seconds[i] / base.series.seconds[i]));
  all = counted;
  for (size_t i = 0; i < std::min(own.voided.size(), base.series.voided.size()); ++i)
    all.push_back(std::log(own.voided[i].seconds / base.series.voided[i].seconds));
  return {median_interval(counted).median, median_interval(all).median};
}

Evidence evidence(const std::vector<double>& log_ratios, const Rules& rules) {
  const auto bet = [&](auto&& is_win) {
    const auto wins = int(std::ranges::count_if(log_ratios, is_win));
    return e_value(wins, int(log_ratios.size()) - wins);
  };
  const double effect = std::log1p(rules.least_effect), same = std::log1p(rules.same);
  return {
      bet([&](double x) { return x > effect; }), bet([&](double x) { return x < -effect; }),
      std::min(bet([&](double x) { return x < same; }), bet([&](double x) { return x > -same; }))};
}

double strongest(const Evidence& evidence) { return std::max(evidence.slower, evidence.faster); }

double half_width(const std::vector<double>& log_ratios) {
  const Interval interval = median_interval(log_ratios, Rules::kConfidence);
  return (interval.high - interval.low) / 2;
}

// Each of the three conditions may fail a third of the time that all together may.
double least_seen(const Row& row, double half_width, int processes, double needed_e_value,
                  const Rules& rules) {
  const std::vector<double> noise = noise_of(row);
  const double each = 1 - (1 - Rules::kPower) / 3;
  const double needed = std::max(std::log1p(rules.least_effect), rules.copies_factor * half_width);
  if (noise.empty() || std::isnan(needed)) return INFINITY;
  // x + noise must be beyond a bound in a share of the processes: x is the bound and the noise's
  // quantile.
  const auto beyond = [&](double bound, double share) {
    return share < 1 ? bound + quantile(noise, share) : INFINITY;
  };
  const int rank = interval_order(rules.confirming, Rules::kConfidence).rank;
  return std::max(
      {beyond(std::log1p(rules.least_effect), win_for(processes, needed_e_value, each)),
       beyond(needed, share_for_rank(rules.confirming, (rules.confirming + 1) / 2, each)),
       beyond(0, share_for_rank(rules.confirming, rank, each))});
}

Upheld uphold(const std::vector<double>& again, Speed speed, double needed_effect) {
  const Interval interval = median_interval(again, Rules::kConfidence);
  if (std::isnan(interval.low))
    return {false, fmt::format("only {} processes ran it again", again.size())};
  const double sign = speed == Speed::kSlower ? 1 : -1;
  const bool excludes_zero = speed == Speed::kSlower ? interval.low > 0 : interval.high < 0;
  if (!excludes_zero)
    return {false, fmt::format("run again it was {} [{}, {}]", percent_text(interval.median),
                               percent_text(interval.low), percent_text(interval.high))};
  if (!(sign * interval.median >= needed_effect))
    return {false, fmt::format("run again it was {}, less than the {} that count here",
                               percent_text(interval.median), percent_text(needed_effect))};
  return {true, {}};
}

std::string percent_text(double log_ratio) {
  if (!std::isfinite(log_ratio)) return "-";
  const double percent = 100 * std::expm1(log_ratio);
  if (percent >= 999.5) return fmt::format("x{:.3g}", std::exp(log_ratio));
  return percent < 99.95 ? fmt::format("{:+.1f} %", percent) : fmt::format("{:+.0f} %", percent);
}

}  // namespace poolbench
