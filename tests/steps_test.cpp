// How often steps are found where there are none, and where there are: simulated, 10,000 series
// each.
#include "bench/history/steps.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace poolbench {
namespace {

constexpr int kSeries = 10'000;
constexpr double kNoise = 0.02;  // of ln, the deviation of a point

using Random = std::mt19937_64;
using Noise = std::function<std::vector<double>(Random&, size_t)>;

double normal(Random& random) { return std::normal_distribution<>()(random); }

std::vector<double> gaussian(Random& random, size_t n) {
  std::vector<double> values(n);
  for (double& value : values) value = kNoise * normal(random);
  return values;
}

// One point in 50 is off by 8 deviations, to either side.
std::vector<double> with_outliers(Random& random, size_t n) {
  std::vector<double> values = gaussian(random, n);
  for (double& value : values)
    if (random() % 50 == 0) value += (random() % 2 == 0 ? 8 : -8) * kNoise;
  return values;
}

// AR(1): neighbours are alike.
std::vector<double> correlated(Random& random, size_t n) {
  constexpr double kRho = 0.5;
  std::vector<double> values(n);
  double last = normal(random);
  for (double& value : values) {
    value = kNoise * last;
    last = kRho * last + std::sqrt(1 - kRho * kRho) * normal(random);
  }
  return values;
}

// One point in five is 10 % off: two modes.
std::vector<double> bimodal(Random& random, size_t n) {
  std::vector<double> values = gaussian(random, n);
  for (double& value : values)
    if (random() % 5 == 0) value += 0.1;
  return values;
}

std::vector<double> skewed(Random& random, size_t n) {
  std::vector<double> values(n);
  for (double& value : values) value = kNoise * 2 * std::exp(0.5 * normal(random));
  return values;
}

// The share of series without a step in which one is found.
double false_share(const Noise& noise, size_t n) {
  int found = 0;
#pragma omp parallel for reduction(+ : found)
  for (int i = 0; i < kSeries; ++i) {
    Random random(static_cast<uint64_t>(i));
    std::vector<Step> steps = find_steps(noise(random, n));
    std::erase_if(steps, [](const Step& step) { return !step.sure; });
    found += !steps.empty();
  }
  return double(found) / kSeries;
}

TEST(Steps, few_are_found_where_there_are_none) {
  const struct {
    const char* name;
    Noise noise;
  } rows[] = {{"Gaussian", gaussian},
              {"2 % outliers of 8 deviations", with_outliers},
              {"AR(1) of 0.5", correlated},
              {"two modes", bimodal},
              {"log-normal", skewed}};
  for (const auto& row : rows)
    for (const size_t n : {30, 100}) {
      const double share = false_share(row.noise, n);
      fmt::print("{:<30} {:>4} points: {:.2f} % of series with a false step\n", row.name, n,
                 100 * share);
      EXPECT_LE(share, 0.003) << row.name << ", " << n << " points";
    }
}

struct Power {
  int called = 0, suspected = 0, near = 0;  // near: of those called, within a point of the place
};

Power power(const Noise& noise, size_t before, size_t behind, double size) {
  int called = 0, suspected = 0, near = 0;
#pragma omp parallel for reduction(+ : called, suspected, near)
  for (int i = 0; i < kSeries; ++i) {
    Random random(static_cast<uint64_t>(i) + 1'000'000);
    std::vector<double> values = noise(random, before + behind);
    for (size_t at = before; at < values.size(); ++at) values[at] += size;
    const std::vector<Step> steps = find_steps(values);
    if (steps.empty() || steps.back().at + 2 * behind < before) continue;
    ++suspected;
    if (!steps.back().sure) continue;
    ++called;
    near += std::abs(double(steps.back().at) - double(before)) <= 1;
  }
  return {called, suspected, near};
}

TEST(Steps, a_step_is_found_and_its_place) {
  for (const double size : {0.05, 0.1, 0.2})
    for (const size_t before : {20, 50})
      for (const size_t behind : {3, 4, 5, 6, 8, 10, 15}) {
        const Power seen = power(gaussian, before, behind, std::log1p(size));
        fmt::print("step of {:.0f} %, {} points before, {:>2} behind: called {:.1f} %, or a suspect "
                   "{:.1f} %; place {:.1f} %\n",
                   100 * size, before, behind, 100. * seen.called / kSeries,
                   100. * seen.suspected / kSeries, 100. * seen.near / std::max(1, seen.called));
      }
}

}  // namespace
}  // namespace poolbench
