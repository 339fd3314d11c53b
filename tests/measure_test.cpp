// The measuring core on a fake device: what is run, on which buffers and in which order, and who is
// caught.
#include "tests/measure_test.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/time/budget.h"
#include "bench/time/result.h"

namespace poolbench {
namespace {

TEST_F(MeasureTest, every_contender_runs_once_a_block_and_adjacent) {
  FakePlan a(substrate_, "a", 2e-3, log_), b(substrate_, "b", 3e-3, log_),
      c(substrate_, "c", 4e-3, log_);
  options_.blocks = 6;
  const auto series = run({subject(a), subject(b), subject(c)}, Temperature::kHot);
  ASSERT_EQ(series.size(), 3u);
  for (const Series& one : series) EXPECT_EQ(one.seconds.size(), 6u);
  EXPECT_DOUBLE_EQ(series[1].seconds[0], 3e-3);
  // Each contender: three launches to calibrate, then in each block two warm-ups and a sample.
  constexpr size_t kTurn = 3;
  ASSERT_EQ(log_.size(), 3u * 3 + 6 * 3 * kTurn);
  std::map<std::string, std::set<size_t>> places;
  for (size_t block = 0; block < 6; ++block) {
    std::set<std::string> seen;
    for (size_t i = 0; i < 3; ++i) {
      const size_t at = 9 + (block * 3 + i) * kTurn;
      EXPECT_EQ(log_[at], log_[at + kTurn - 1]) << "a turn is not interrupted";
      seen.insert(log_[at]);
      places[log_[at]].insert(i);
    }
    EXPECT_EQ(seen.size(), 3u);
  }
  for (const auto& [name, seen] : places)
    EXPECT_EQ(seen.size(), 3u) << name << " stands in every place: a Latin square";
}

TEST_F(MeasureTest, short_launches_are_repeated_to_fill_a_sample) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  options_.sample_seconds = 1e-3;
  const auto series = run({subject(a)}, Temperature::kHot);
  EXPECT_EQ(series[0].launches, 100);
  EXPECT_NEAR(series[0].seconds[0], 10e-6, 1e-12) << "seconds are of one launch";
}

// A kernel that knows which launch is the last of a sample could skip the others.
TEST_F(MeasureTest, the_number_of_launches_varies_from_sample_to_sample) {
  FakePlan a(substrate_, "a", 10e-6, log_), b(substrate_, "b", 10e-6, log_);
  run({subject(a), subject(b)}, Temperature::kHot);
  std::set<size_t> lengths;
  for (size_t begin = 0, at = 0; at <= log_.size(); ++at)
    if (at == log_.size() || log_[at] != log_[begin]) {
      lengths.insert(at - begin);
      begin = at;
    }
  EXPECT_GT(lengths.size(), 5u);
}

TEST_F(MeasureTest, a_device_is_woken_once_and_the_host_never) {
  options_.blocks = 1;
  options_.wake_seconds = 1e-3;
  FakeSubstrate host("host");
  FakePlan a(substrate_, "a", 20e-3, log_), b(substrate_, "b", 20e-3, log_),
      c(host, "c", 20e-3, log_);
  run({subject(a), subject(b), subject(c)}, Temperature::kHot);
  EXPECT_GT(a.launches, 3) << "two to calibrate and a sample, and what wakes";
  EXPECT_EQ(b.launches, 3);
  EXPECT_EQ(c.launches, 3);
}

TEST_F(MeasureTest, a_block_that_was_disturbed_does_not_count) {
  FakeSubstrate host("host");
  FakePlan a(host, "a", 5e-6, log_), b(host, "b", 5e-6, log_);
  options_.blocks = 2;
  options_.sample_seconds = 5e-6;
  for (const double share : {-1.0, double(INFINITY)}) {  // everything disturbs, nothing does
    options_.disturbed_share = share;
    for (const Series& one : run({subject(a), subject(b)}, Temperature::kHot)) {
      EXPECT_EQ(one.status, Status::kOk) << one.reason;
      EXPECT_EQ(one.seconds.size(), share < 0 ? 0u : 2u);
      EXPECT_EQ(one.voided.empty(), share > 0);
      for (const Voided& voided : one.voided) EXPECT_NE(voided.cause, "");
    }
  }
}

TEST_F(MeasureTest, hot_alternates_inputs_and_cold_waits_for_three_caches) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  const auto distinct = [&] {
    std::set<const void*> sources(a.sources.begin() + 3, a.sources.end());
    a.sources.clear();
    return sources.size();
  };
  run({subject(a)}, Temperature::kHot);
  EXPECT_EQ(distinct(), 2u);
  const auto series = run({subject(a)}, Temperature::kCold);
  EXPECT_GE(series[0].rotation_bytes, 3 * substrate_.device().cache_bytes);
  EXPECT_GE(distinct(), 100u) << "each launch of a sample has a set of its own";
}

// Scratch, and memory that is not touched, do not make a run cold.
TEST_F(MeasureTest, cold_does_not_count_scratch_nor_unread_inputs) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  a.scratch = 100 << 20;
  Subject one = subject(a);
  one.bytes = 64;
  const auto series = run({one}, Temperature::kCold);
  EXPECT_GE(series[0].rotation_bytes, 3 * substrate_.device().cache_bytes);
  std::set<const void*> sources(a.sources.begin() + 3, a.sources.end());
  EXPECT_GE(sources.size(), 100u);
}

// The order in which sets come is drawn: the next one cannot be told from the last.
TEST_F(MeasureTest, cold_sets_come_in_no_order_of_their_addresses) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  run({subject(a)}, Temperature::kCold);
  std::map<int64_t, int> steps;
  for (size_t i = 4; i < a.sources.size(); ++i)
    ++steps[static_cast<const char*>(a.sources[i]) - static_cast<const char*>(a.sources[i - 1])];
  for (const auto& [step, count] : steps) EXPECT_LT(count, int(a.sources.size() / 4)) << step;
}

// The first access to a page faults, which may take longer than the launch.
TEST_F(MeasureTest, no_launch_is_the_first_on_its_memory) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  run({subject(a)}, Temperature::kCold);
  EXPECT_EQ(a.on_new_memory, 0);
}

class Cheats : public MeasureTest, public testing::WithParamInterface<Temperature> {
 protected:
  // Runs the cheat beside an honest contender, which must have its samples.
  Series run_beside_honest(std::function<void(float*, float*)> cheat) {
    FakePlan honest(substrate_, "honest", 10e-6, log_), other(substrate_, "other", 10e-6, log_);
    other.cheat = std::move(cheat);
    const auto series = run({subject(honest), subject(other)}, GetParam());
    EXPECT_EQ(series[0].status, Status::kOk) << series[0].reason;
    EXPECT_EQ(series[0].seconds.size(), size_t(options_.blocks));
    EXPECT_GE(series[0].proofs, options_.blocks / 2);
    return series[1];
  }
};
INSTANTIATE_TEST_SUITE_P(, Cheats, testing::Values(Temperature::kCold, Temperature::kHot),
                         [](const auto& info) {
                           return std::string(temperature_name(info.param));
                         });

TEST_P(Cheats, what_others_left_in_the_output_is_stale) {
  expect_caught(run_beside_honest([](float*, float*) {}), "stale output");
}

TEST_P(Cheats, an_answer_stored_for_the_memory_is_stale) {
  std::map<const float*, std::vector<float>> stored;
  expect_caught(run_beside_honest([&](float* src, float* dst) {
                  auto [it, first] = stored.try_emplace(src, 256);
                  if (first) FakePlan::pool(src, it->second.data());
                  std::ranges::copy(it->second, dst);
                }),
                "output");
}

TEST_P(Cheats, an_answer_found_by_some_of_the_input_is_stale) {
  std::map<float, std::vector<float>> stored;
  expect_caught(run_beside_honest([&](float* src, float* dst) {
                  auto [it, first] = stored.try_emplace(src[0] + src[500] + src[1023], 256);
                  if (first) FakePlan::pool(src, it->second.data());
                  std::ranges::copy(it->second, dst);
                }),
                "stale output");
}

TEST_P(Cheats, one_launch_in_three_is_missed) {
  int64_t launches = 0;
  expect_caught(run_beside_honest([&](float* src, float* dst) {
                  if (++launches % 3 != 0) FakePlan::pool(src, dst);
                }),
                "stale output");
}

TEST_P(Cheats, half_of_the_output_is_missed_after_a_while) {
  int64_t launches = 0;
  expect_caught(run_beside_honest([&](float* src, float* dst) {
                  if (++launches < 200) return FakePlan::pool(src, dst);
                  float all[256];
                  FakePlan::pool(src, all);
                  std::copy_n(all, 128, dst);
                }),
                "output");
}

TEST_P(Cheats, a_spoilt_input_is_its_spoilers_fault) {
  int64_t launches = 0;
  expect_caught(run_beside_honest([&](float* src, float* dst) {
                  FakePlan::pool(src, dst);
                  if (++launches > 20) src[700] = 0;
                }),
                "its input was changed");
}

TEST_F(MeasureTest, a_contender_that_fails_is_an_error_and_the_others_are_measured) {
  FakePlan good(substrate_, "good", 10e-6, log_), bad(substrate_, "bad", 10e-6, log_);
  bad.cheat = [&](float* src, float* dst) {
    if (bad.launches > 50) throw std::runtime_error("the device is lost");
    FakePlan::pool(src, dst);
  };
  const auto series = run({subject(bad), subject(good)}, Temperature::kCold);
  EXPECT_EQ(series[0].status, Status::kError);
  EXPECT_EQ(series[0].reason, "the device is lost");
  EXPECT_EQ(series[1].seconds.size(), size_t(options_.blocks));
}

// Of memory for the sets of a hot run, or of a cold one alone.
TEST_F(MeasureTest, a_device_without_memory_is_its_contenders_error_and_the_others_are_measured) {
  FakeSubstrate full("full");
  FakePlan good(substrate_, "good", 10e-6, log_), one(full, "one", 10e-6, log_),
      other(full, "other", 10e-6, log_), read(full, "read", 10e-6, log_);
  Subject ceiling = subject(read);
  ceiling.is_ceiling = true;
  for (const int64_t most_bytes : {0, 64 << 10}) {
    full.most_bytes = most_bytes;
    const auto series =
        run({subject(one), subject(good), subject(other), ceiling}, Temperature::kCold);
    EXPECT_EQ(one.launches > 0, most_bytes > 0);
    EXPECT_EQ(series[1].status, Status::kOk) << series[1].reason;
    EXPECT_EQ(series[1].seconds.size(), size_t(options_.blocks));
    for (const size_t i : {0, 2, 3}) {
      EXPECT_EQ(series[i].status, Status::kError) << i;
      EXPECT_TRUE(series[i].reason.starts_with("no memory for ")) << series[i].reason;
      EXPECT_TRUE(series[i].seconds.empty());
    }
  }
}

// Without it a time could not be called impossible.
TEST_F(MeasureTest, a_ceiling_that_fails_is_the_error_of_its_devices_contenders) {
  FakeSubstrate second("second"), same("second");
  FakePlan good(substrate_, "good", 10e-6, log_), one(second, "one", 10e-6, log_),
      other(same, "other", 10e-6, log_), read(second, "read", 10e-6, log_);
  read.cheat = [](float*, float*) { throw std::runtime_error("no reading today"); };
  Subject ceiling = subject(read);
  ceiling.is_ceiling = true;
  const auto series =
      run({subject(one), subject(good), subject(other), ceiling}, Temperature::kHot);
  EXPECT_EQ(series[1].seconds.size(), size_t(options_.blocks));
  for (const size_t i : {0, 2, 3}) EXPECT_EQ(series[i].reason, "no reading today") << i;
}

TEST(Budget, ends_with_its_time_and_leaves_out_what_would_not_end_in_it) {
  Budget budget(100);
  EXPECT_TRUE(budget.allows(99, 1e9)) << "nothing is known of the pace yet";
  EXPECT_FALSE(budget.allows(101, 1));
  budget.took(10, 1);  // the first case includes start-up
  budget.took(5, 100);
  EXPECT_TRUE(budget.allows(20, 1000)) << "50 s at the better pace, 10,000 s at the first";
  EXPECT_FALSE(budget.allows(20, 2000));
  EXPECT_TRUE(budget.allows(20, 10)) << "a smaller one still fits";
  EXPECT_TRUE(Budget(0).allows(1e9, 1e9));
}

TEST(MedianInterval, ends_are_order_statistics_of_the_sign_test) {
  const Interval nine = median_interval({9, 1, 8, 2, 7, 3, 6, 4, 5});
  EXPECT_EQ(nine.median, 5);
  EXPECT_EQ(nine.low, 2);  // P(Binomial(9, 1/2) < 2) = 0.0195
  EXPECT_EQ(nine.high, 8);
  const Interval six = median_interval({6, 5, 4, 3, 2, 1});
  EXPECT_EQ(six.median, 3.5);
  EXPECT_EQ(six.low, 1);
  EXPECT_EQ(six.high, 6);
  EXPECT_TRUE(std::isnan(median_interval({1, 2, 3, 4, 5}).low)) << "five samples cannot say 95 %";
  EXPECT_TRUE(std::isnan(median_interval({}).median));
}

int64_t bytes_read(const char* problem) {
  return compulsory_bytes(parse_problem(problem), 64).read;
}

TEST(CompulsoryBytes, every_input_once_where_windows_cover_it) {
  const auto problem = parse_problem("max/sliding/f32/nchw/src:2x3x8x8/k:3x3/s:2x2/p:1x1/idx");
  EXPECT_EQ(compulsory_bytes(problem, 64).read, 2 * 3 * 64 * 4);
  EXPECT_EQ(compulsory_bytes(problem, 64).written, 2 * 3 * 16 * (4 + 8));
}

// Half a million windows of half a million taps: each position is marked once.
TEST(CompulsoryBytes, of_large_windows_cost_no_more_than_the_input) {
  EXPECT_EQ(bytes_read("max/sliding/f32/nchw/src:1x1x1000000/k:500000/s:1"), 4'000'000);
  EXPECT_EQ(bytes_read("max/sliding/f32/nchw/src:1x1x1000000/k:1000000000/s:1/p:500000000"),
            4'000'000);
  EXPECT_EQ(bytes_read("max/sliding/i8/nchw/src:1x1x1000000/k:4000/d:100/s:100"), 10'000 * 64);
}

TEST(CompulsoryBytes, kernel_smaller_than_stride_counts_whole_lines) {
  // Windows skip rows, but touch every line of the others.
  EXPECT_EQ(bytes_read("max/sliding/f32/nchw/src:1x1x32x32/k:1x1/s:2x2"), 16 * 32 * 4);
  // One element in 32 of 128 bytes: one line in two.
  EXPECT_EQ(bytes_read("max/sliding/f32/nchw/src:1x1x1x128/k:1x1/s:1x32"), 4 * 64);
  // Channels last: 64 channels fill whole lines, pixels are skipped.
  EXPECT_EQ(bytes_read("max/sliding/f32/nhwc/src:1x64x32x32/k:1x1/s:2x2"), 16 * 16 * 64 * 4);
}

TEST(CompulsoryBytes, input_behind_the_last_window_is_not_counted) {
  EXPECT_EQ(bytes_read("max/sliding/f64/nchw/src:1x1x9x16/k:2x2"), 8 * 16 * 8);
}

}  // namespace
}  // namespace poolbench
