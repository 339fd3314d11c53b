// A planted delay is as long as it says, however short the launch, by a clock that the test turns.
#include "bench/race/planted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace poolbench {
namespace {

constexpr uint64_t kReading = 60;  // ticks that reading the counter takes

uint64_t g_ticks;
uint64_t read_counter() {
  g_ticks += kReading / 2;
  const uint64_t read = g_ticks;
  g_ticks += kReading / 2;
  return read;
}

class FakePlan : public Plan {
 public:
  explicit FakePlan(uint64_t ticks) : ticks_(ticks) {}
  std::string_view kernel() const override { return "fake"; }
  void launch(const Tensors&, Stream) override { g_ticks += ticks_; }

 private:
  uint64_t ticks_;
};

// Ticks of a launch in samples of about so many, the median of many.
double median_ticks(double share, uint64_t ticks_of_launch, int launches) {
  const auto plan =
      planted_plan(std::make_unique<FakePlan>(ticks_of_launch), share, {read_counter, 1 / 2.5e9});
  std::mt19937 random(1);
  std::vector<double> ticks;
  for (int sample = 0; sample < 201; ++sample) {
    const int n = std::max(launches * 3 / 4 + int(random() % unsigned(launches / 2 + 1)), 1);
    const uint64_t begin = g_ticks;
    for (int i = 0; i < n; ++i) plan->launch({}, nullptr);
    ticks.push_back(double(g_ticks - begin) / n);
    plan->rest();
    g_ticks += 1'000'000;  // the others' turns
  }
  std::ranges::sort(ticks);
  return ticks[100];
}

// By what share they take longer than with nothing planted.
double planted_share(double share, uint64_t ticks_of_launch, int launches) {
  return median_ticks(share, ticks_of_launch, launches) /
             median_ticks(0, ticks_of_launch, launches) -
         1;
}

TEST(Planted, a_launch_of_any_length_takes_as_much_longer_as_was_asked) {
  for (const double share : {0.02, 0.05, 0.1, 3.0})
    for (const uint64_t ticks : {1'500, 12'500, 125'000, 5'000'000}) {
      const int launches = int(2'500'000 / ticks) + 1;  // a millisecond's
      EXPECT_NEAR(planted_share(share, ticks, launches), share, 0.001 + 0.01 * share)
          << share << " of " << ticks << " ticks";
    }
}

// A cold sample has few launches.
TEST(Planted, each_launch_of_a_small_sample_is_delayed) {
  EXPECT_NEAR(planted_share(0.05, 12'500, 4), 0.05, double(kReading) / 12'500);
}

}  // namespace
}  // namespace poolbench
