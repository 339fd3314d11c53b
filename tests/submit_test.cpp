// Submit-to-done times on a fake device: which launches are made, which count, and who is caught.
#include <algorithm>
#include <cmath>

#include "bench/time/result.h"
#include "tests/measure_test.h"

namespace poolbench {
namespace {

class SubmitTest : public MeasureTest {
 protected:
  SubmitTest() { options_.submits = 1000; }
  static int64_t count(const Series& series) { return int64_t(series.seconds.size()); }
};

TEST_F(SubmitTest, as_many_launches_as_asked_for_each_a_sample) {
  FakePlan a(substrate_, "a", 10e-6, log_), b(substrate_, "b", 20e-6, log_);
  const auto series = run_submits({subject(a), subject(b)});
  ASSERT_EQ(series.size(), 2u);
  for (const Series& one : series) {
    EXPECT_GE(count(one), 1000);
    EXPECT_EQ(one.launches, 1);
    EXPECT_GT(one.proofs, 10) << "all launches can be judged, and some are";
  }
  EXPECT_EQ(series[0].seconds, std::vector<double>(series[0].seconds.size(), 10e-6));
  EXPECT_EQ(series[1].seconds, std::vector<double>(series[1].seconds.size(), 20e-6));
  EXPECT_GT(a.launches, count(series[0])) << "the first launch of a turn does not count";
}

// The last launch of a turn is judged: who knew which it is would compute that one alone.
TEST_F(SubmitTest, turns_are_short_and_of_many_lengths) {
  FakePlan a(substrate_, "a", 10e-6, log_), b(substrate_, "b", 10e-6, log_);
  run_submits({subject(a), subject(b)});
  std::set<size_t> lengths;
  for (size_t begin = 0, at = 0; at <= log_.size(); ++at)
    if (at == log_.size() || log_[at] != log_[begin]) {
      lengths.insert(at - begin);
      begin = at;
    }
  EXPECT_GT(lengths.size(), 5u);
  EXPECT_LT(*lengths.rbegin(), 100u);
}

TEST_F(SubmitTest, launches_that_were_disturbed_do_not_count_and_are_made_again_within_a_limit) {
  options_.disturbed_share = -1;  // all are
  FakePlan a(substrate_, "a", 10e-6, log_);
  const auto series = run_submits({subject(a)});
  EXPECT_EQ(count(series[0]), 0);
  EXPECT_GE(series[0].voided.size(), 1000u);
  EXPECT_LE(series[0].voided.size(), 2100u);
  EXPECT_FALSE(series[0].voided[0].cause.empty());
}

TEST_F(SubmitTest, one_launch_in_three_that_is_missed_is_found) {
  FakePlan honest(substrate_, "honest", 10e-6, log_), other(substrate_, "other", 10e-6, log_);
  other.cheat = [&](float* src, float* dst) {
    if (other.launches % 3 != 0) FakePlan::pool(src, dst);
  };
  const auto series = run_submits({subject(honest), subject(other)});
  EXPECT_GE(count(series[0]), 1000);
  expect_caught(series[1], "stale output");
}

TEST_F(SubmitTest, an_answer_stored_for_the_memory_is_stale) {
  FakePlan honest(substrate_, "honest", 10e-6, log_), other(substrate_, "other", 10e-6, log_);
  std::map<const float*, std::vector<float>> stored;
  other.cheat = [&](float* src, float* dst) {
    auto [it, first] = stored.try_emplace(src, 256);
    if (first) FakePlan::pool(src, it->second.data());
    std::ranges::copy(it->second, dst);
  };
  const auto series = run_submits({subject(honest), subject(other)});
  EXPECT_GE(count(series[0]), 1000);
  expect_caught(series[1], "stale output");
}

TEST(Submit, percentiles_are_of_the_launches_that_count) {
  Series series;
  for (int i = 1; i <= 1000; ++i) series.seconds.push_back(1001 - i);
  series.voided.push_back({0, "other processes", 1e9, true});
  const Submit submit(series);
  EXPECT_EQ(submit.p50, 500);
  EXPECT_EQ(submit.p99, 990);
  EXPECT_EQ(submit.samples, 1000);
  EXPECT_EQ(submit.disturbed, 1);
  series.seconds.resize(99);
  EXPECT_TRUE(std::isnan(Submit(series).p99)) << "the slowest of 99 is no 99th percentile";
  EXPECT_EQ(Submit(series).p50, 951);
}

}  // namespace
}  // namespace poolbench
