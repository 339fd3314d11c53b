#include "bench/history/steps.h"

#include <algorithm>
#include <cmath>

#include "bench/time/interval.h"

namespace poolbench {
namespace {

using Values = std::span<const double>;

double mean_within(Values values, double centre, double reach) {
  double sum = 0;
  for (const double value : values) sum += std::clamp(value - centre, -reach, reach);
  return centre + sum / double(values.size());
}

struct Noise {
  double deviation;    // of one point
  double reach;        // beyond which no point counts for more
  double correlation;  // of neighbours
  double freedom;      // degrees of freedom of `deviation`

  // The variance of the mean of n neighbours, in variances of one.
  double of_mean(size_t n) const {
    const double rho = correlation, rest = 1 - rho, count = double(n);
    return ((1 + rho) / rest - 2 * rho * (1 - std::pow(rho, count)) / (count * rest * rest)) /
           count;
  }
};

// Of the points of [from, to), each against its level. `starts`: where levels begin, in order.
Noise noise_of(Values values, const std::vector<size_t>& starts, size_t from, size_t to) {
  std::vector<double> rests, sizes;
  std::vector<size_t> ends;  // of levels, in `rests`
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t begin = std::max(from, starts[i]);
    const size_t end = std::min(to, i + 1 < starts.size() ? starts[i + 1] : to);
    if (begin >= end) continue;
    const Values level = values.subspan(begin, end - begin);
    const double centre = median({level.begin(), level.end()});
    for (const double value : level) rests.push_back(value - centre);
    ends.push_back(rests.size());
  }
  for (const double rest : rests) sizes.push_back(std::abs(rest));
  const double reach = kOutlier * std::max(kLeastNoise, 1.4826 * median(sizes));
  double squares = 0, products = 0;
  for (size_t i = 0, level = 0; i < rests.size(); ++i) {
    rests[i] = std::clamp(rests[i], -reach, reach);
    squares += rests[i] * rests[i];
    if (i == ends[level])
      ++level;
    else if (i > 0)
      products += rests[i - 1] * rests[i];
  }
  const double n = double(rests.size()), levels = double(ends.size());
  Noise noise{0, reach, 0, 0};
  const double seen = squares > 0 ? products / squares : 0;
  const double unbiased = seen + (1 + 4 * seen) / n;
  noise.correlation = std::clamp(
      (n * unbiased + kAssumedPoints * kAssumedCorrelation) / (n + kAssumedPoints), 0.0, 0.8);
  const double rho = noise.correlation * noise.correlation;
  noise.freedom = std::max(2.0, n * (1 - rho) / (1 + rho) - levels);
  const double lost = noise.of_mean(std::max<size_t>(1, rests.size() / ends.size()));
  noise.deviation = std::max(kLeastNoise, std::sqrt(squares / n / std::max(0.1, 1 - lost)));
  return noise;
}

// Returns Student's t that is as improbable as a normal deviate.
double student(double normal, double freedom) {
  const double part = normal * (8 * freedom + 3) / (8 * freedom + 1);
  return std::sqrt(freedom * std::expm1(part * part / freedom));
}

// What is known before a split, of which [from, at) is one level.
struct Before {
  Before(Values values, const std::vector<size_t>& starts, size_t from, size_t at)
      : noise(noise_of(values, starts, at - std::min(at, kNoiseWindow), at)) {
    from = std::max(from, at - std::min(at, kWindow));
    const Values points = values.subspan(from, at - from);
    level = mean_within(points, median({points.begin(), points.end()}), noise.reach);
    variance = noise.of_mean(points.size());
    cut = kCut * student(kSure, noise.freedom) * error(kPointsBehind);
  }

  double error(size_t behind) const {
    return noise.deviation * std::sqrt(variance + noise.of_mean(behind));
  }

  double score(Values behind) const {
    const double size = mean_within(behind, level, cut) - level;
    if (std::abs(size) < kLeastStep) return 0;
    const double t = size / error(behind.size()), freedom = noise.freedom;
    return std::sqrt(freedom * std::log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3);
  }

  Noise noise;
  double level, variance, cut;
};

struct Split {
  size_t at = 0;
  double score = 0;
};

}  // namespace

std::vector<Step> find_steps(Values values) {
  std::vector<size_t> starts = {0};  // of levels
  std::vector<Before> splits;        // from `first` on
  size_t first = std::max(kNoisePoints, kPointsBefore);
  Split best;
  for (size_t end = first + kPointsBehind; end <= values.size(); ++end) {
    best = {};
    for (size_t at = std::max(first, end - std::min(end, kWindow)); at + kPointsBehind <= end;
         ++at) {
      if (at - first == splits.size()) splits.emplace_back(values, starts, starts.back(), at);
      const double score = splits[at - first].score(values.subspan(at, end - at));
      if (score > best.score) best = {at, score};
    }
    if (best.score < kSure) continue;
    starts.push_back(best.at);
    first = best.at + kPointsBefore;
    splits.clear();
    best = {};
    end = std::max(end, first + kPointsBehind - 1);
  }
  std::vector<Step> steps;
  for (size_t i = 1; i < starts.size(); ++i)
    steps.push_back(step_at(values, starts[i - 1], starts[i],
                            i + 1 < starts.size() ? starts[i + 1] : values.size()));
  if (best.score >= kSuspect) {
    steps.push_back(step_at(values, starts.back(), best.at, values.size()));
    steps.back().sure = false;
  }
  return steps;
}

Step step_at(Values values, size_t from, size_t at, size_t to) {
  from = std::max(from, at - std::min(at, kWindow));
  to = std::min(to, at + kWindow);
  const Noise noise = noise_of(values, {from, at}, from, to);
  const auto level = [&](size_t begin, size_t end) {
    const Values points = values.subspan(begin, end - begin);
    return mean_within(points, median({points.begin(), points.end()}), noise.reach);
  };
  const double size = level(at, to) - level(from, at);
  const double half = student(1.959964, noise.freedom) * noise.deviation *
                      std::sqrt(noise.of_mean(at - from) + noise.of_mean(to - at));
  return {at, size, size - half, size + half, true};
}

}  // namespace poolbench
