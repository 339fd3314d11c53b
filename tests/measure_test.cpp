// The measuring core on a fake device: what is run, on which buffers and in which order, and how an
// impossible time is reported.
#include "bench/time/measure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/record/context.h"
#include "bench/record/record.h"
#include "bench/report/table.h"
#include "bench/time/budget.h"
#include "tests/fake_substrate.h"

namespace poolbench {
namespace {

// Copies the input's first bytes to the output, takes `seconds`, and logs its name and buffers.
struct FakePlan : Plan {
  FakePlan(FakeSubstrate& substrate, std::string name, double seconds,
           std::vector<std::string>& log)
      : substrate(substrate), name(std::move(name)), seconds(seconds), log(log) {}
  std::string_view kernel() const override { return name; }
  void launch(const Tensors& tensors, Stream) override {
    substrate.elapsed += seconds;
    log.push_back(name);
    sources.push_back(tensors[Role::kSrc]);
    const auto* dst = static_cast<const uint8_t*>(tensors[Role::kDst]);
    on_new_memory += std::count(dst, dst + dst_bytes, FakeSubstrate::kNew) == dst_bytes;
    if (dst_bytes > 0) std::memcpy(tensors[Role::kDst], tensors[Role::kSrc], dst_bytes);
    if (++launches > faulty_after) static_cast<char*>(tensors[Role::kDst])[0] ^= 1;
  }
  FakeSubstrate& substrate;
  std::string name;
  double seconds;
  std::vector<std::string>& log;
  std::vector<const void*> sources;
  int64_t dst_bytes = 0, launches = 0, faulty_after = 1'000'000, on_new_memory = 0;
};

class MeasureTest : public testing::Test {
 protected:
  Subject subject(FakePlan& plan) {
    plan.dst_bytes = problem_.dst_bytes();
    Outputs right;
    right[Role::kDst].assign(input_.src.begin(), input_.src.begin() + plan.dst_bytes);
    return {&plan, &substrate_, 0, hash(right)};
  }
  std::vector<Series> run(std::vector<Subject> subjects, Temperature temperature) {
    return measure(subjects, problem_, input_, temperature, options_, arenas_);
  }

  FakeSubstrate substrate_;  // a cache of 64 KiB
  Problem problem_ = parse_problem("max/sliding/f32/nchw/src:1x1x32x32/k:2x2");
  Input input_ = make_input(problem_, FillKind::kUniform, 1);
  MeasureOptions options_;
  Arenas arenas_;
  std::vector<std::string> log_;
};

TEST_F(MeasureTest, every_contender_runs_once_a_block_and_adjacent) {
  FakePlan a(substrate_, "a", 2e-3, log_), b(substrate_, "b", 3e-3, log_),
      c(substrate_, "c", 4e-3, log_);
  options_.blocks = 6;
  const auto series = run({subject(a), subject(b), subject(c)}, Temperature::kHot);
  ASSERT_EQ(series.size(), 3u);
  for (const Series& one : series) EXPECT_EQ(one.seconds.size(), 6u);
  EXPECT_DOUBLE_EQ(series[1].seconds[0], 3e-3);
  // Each contender: two launches to calibrate, then in each block a warm-up and a sample.
  ASSERT_EQ(log_.size(), 3u * 2 + 6 * 3 * 2);
  std::map<std::string, std::set<size_t>> places;
  for (size_t block = 0; block < 6; ++block) {
    std::set<std::string> seen;
    for (size_t i = 0; i < 3; ++i) {
      const size_t at = 6 + block * 6 + i * 2;
      EXPECT_EQ(log_[at], log_[at + 1]) << "the first dispatch after a change is discarded";
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

TEST_F(MeasureTest, a_device_is_woken_once_and_the_host_never) {
  options_.blocks = 1;
  options_.wake_seconds = 1e-3;
  FakeSubstrate gpu("gpu"), host("host");
  FakePlan a(gpu, "a", 20e-3, log_), b(gpu, "b", 20e-3, log_), c(host, "c", 20e-3, log_);
  Subject subjects[] = {subject(a), subject(b), subject(c)};
  for (size_t i = 0; i < 3; ++i) subjects[i].substrate = i < 2 ? &gpu : &host;
  measure(subjects, problem_, input_, Temperature::kHot, options_, arenas_);
  arenas_.clear();  // before the substrates go
  EXPECT_GT(a.launches, 3) << "two to calibrate and a sample, and what wakes";
  EXPECT_EQ(b.launches, 3);
  EXPECT_EQ(c.launches, 3);
}

TEST_F(MeasureTest, hot_uses_one_set_and_cold_goes_round_three_caches) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  const auto distinct = [&] {
    std::set<const void*> sources(a.sources.begin() + 2, a.sources.end());
    a.sources.clear();
    return sources.size();
  };
  run({subject(a)}, Temperature::kHot);
  EXPECT_EQ(distinct(), 1u);
  const auto series = run({subject(a)}, Temperature::kCold);
  EXPECT_GE(series[0].rotation_bytes, 3 * substrate_.device().cache_bytes);
  EXPECT_GE(distinct() * 8192, size_t(3 * substrate_.device().cache_bytes));
}

// The first access to a page faults, which may take longer than the launch.
TEST_F(MeasureTest, no_launch_is_the_first_on_its_memory) {
  FakePlan a(substrate_, "a", 10e-6, log_);
  run({subject(a)}, Temperature::kCold);
  EXPECT_EQ(a.on_new_memory, 0);
}

// CUDA reports the cache size, for Vulkan it is estimated. On one device both rotate alike.
TEST_F(MeasureTest, apis_on_one_device_rotate_over_the_same_bytes) {
  const auto rotations = [&](const char* uuid_of_second) {
    FakeSubstrate first("gpu", 64 << 10), second(uuid_of_second, 256 << 10);
    FakePlan a(first, "a", 10e-6, log_), b(second, "b", 10e-6, log_);
    Subject subjects[] = {subject(a), subject(b)};
    subjects[0].substrate = &first;
    subjects[1].substrate = &second;
    const auto series = measure(subjects, problem_, input_, Temperature::kCold, options_, arenas_);
    arenas_.clear();
    return std::pair(series[0].rotation_bytes, series[1].rotation_bytes);
  };
  const auto [one, same] = rotations("gpu");
  EXPECT_EQ(one, same);
  EXPECT_GE(one, 3 * (256 << 10));
  const auto [smaller, larger] = rotations("another");
  EXPECT_LT(smaller, larger);
}

TEST_F(MeasureTest, an_output_that_changes_while_timed_makes_the_series_invalid) {
  FakePlan good(substrate_, "good", 1e-3, log_), bad(substrate_, "bad", 1e-3, log_);
  bad.faulty_after = 10;
  const auto series = run({subject(good), subject(bad)}, Temperature::kHot);
  EXPECT_EQ(series[0].invalid, "");
  EXPECT_EQ(series[1].invalid, "the timed output differs from the checked one");
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

Record record(const std::string& contender, std::vector<double> seconds) {
  Record record;
  record.contender = contender;
  record.problem = parse_problem("max/sliding/f32/nchw/src:1x1x32x32/k:2x2");
  record.device.uuid = "host";
  record.series.seconds = std::move(seconds);
  record.floor_seconds = 1e-9;
  return record;
}

TEST(Relate, share_and_ratio_are_taken_block_by_block) {
  // The machine slows down threefold half way; ratios do not change.
  CaseResult result{{}, {record("a", {2, 2, 2, 6, 6, 6}), record("b", {4, 4, 4, 12, 12, 12})}};
  const std::vector<CeilingSeries> ceilings = {
      {"host", "copy", Temperature::kCold, {{1, 1, 1, 3, 3, 3}, 1, 0, ""}},
      {"host", "read", Temperature::kCold, {{9, 9, 9, 9, 9, 9}, 1, 0, ""}},
      {"other", "copy", Temperature::kCold, {{.1, .1, .1, .1, .1, .1}, 1, 0, ""}}};
  relate(result, ceilings, "b", {});
  EXPECT_EQ(result.records[0].ceiling, "copy");
  EXPECT_DOUBLE_EQ(result.records[0].share.median, 0.5);
  EXPECT_DOUBLE_EQ(result.records[0].share.low, 0.5);
  EXPECT_DOUBLE_EQ(result.records[0].ratio.median, 2);
  EXPECT_DOUBLE_EQ(result.records[1].ratio.median, 1);
}

// Arithmetic is no other way to move the bytes: the ceiling is the slower of the two bounds.
TEST(Relate, a_row_is_bound_by_memory_or_by_arithmetic) {
  const CeilingSeries read = {"host", "read", Temperature::kCold, {{2, 2, 2, 2, 2, 2}, 1, 0, ""}},
                      copy = {"host", "copy", Temperature::kCold, {{3, 3, 3, 3, 3, 3}, 1, 0, ""}};
  const auto ceiling_beside = [&](double all, double one) {
    CaseResult result{{}, {record("a", {8, 8, 8, 8, 8, 8})}};
    const auto compute = [](const char* name, double seconds) {
      return CeilingSeries{
          "host", name, Temperature::kCold, {std::vector<double>(6, seconds), 1, 0, ""}};
    };
    relate(result, {read, compute("compute", all), copy, compute("compute/1", one)}, "", {});
    EXPECT_EQ(result.records[0].status, Status::kOk);
    return std::pair(result.records[0].ceiling, result.records[0].share.median);
  };
  EXPECT_EQ(ceiling_beside(1, 1.5), std::pair(std::string("read"), 0.25));
  EXPECT_EQ(ceiling_beside(4, 5), std::pair(std::string("compute"), 0.5));
  EXPECT_EQ(ceiling_beside(7, 4), std::pair(std::string("compute/1"), 0.5));
}

// A device is identified by its UUID, whatever the API.
TEST(Relate, ceilings_and_ratios_go_by_device_not_by_api) {
  Record cuda = record("cuda:0", {1, 1, 1, 1, 1, 1}),
         vulkan = record("vulkan:0", {2, 2, 2, 2, 2, 2}),
         other = record("vulkan:1", {4, 4, 4, 4, 4, 4});
  cuda.device = {"cuda", "GPU", "8a6f", {}, 0, 0};
  vulkan.device = {"vulkan", "GPU", "8a6f", {}, 0, 0};
  other.device = {"vulkan", "another GPU", "77cc", {}, 0, 0};
  CaseResult result{{}, {cuda, vulkan, other}};
  relate(result, {{"8a6f", "copy", Temperature::kCold, {{1, 1, 1, 1, 1, 1}, 1, 0, ""}}}, "cuda:0",
         {});
  EXPECT_DOUBLE_EQ(result.records[1].share.median, 0.5) << "CUDA's ceiling stands for Vulkan too";
  EXPECT_EQ(result.records[2].ceiling, "") << "another device has a ceiling of its own";
  EXPECT_DOUBLE_EQ(result.records[1].ratio.median, 0.5);
  EXPECT_FALSE(result.records[1].across_devices);
  EXPECT_TRUE(result.records[2].across_devices);

  const std::string table = table_block(result, {Temperature::kCold});
  EXPECT_NE(table.find("x0.50\n"), std::string::npos) << table;
  EXPECT_NE(table.find("x0.25*\n"), std::string::npos) << table;
  const std::string summary = table_summary({result}, {Temperature::kCold});
  EXPECT_NE(summary.find("x0.25*"), std::string::npos) << summary;
  EXPECT_NE(summary.find("* the baseline ran on another device"), std::string::npos) << summary;
  const auto json = records_json({result}, {run_context()});
  for (const auto& row : json["benchmarks"]) {
    if (row["run_type"] != "aggregate") continue;
    EXPECT_EQ(row["poolbench"]["across_devices"], row["poolbench"]["contender"] == "vulkan:1");
  }
}

TEST(Table, shows_the_ceiling_and_the_bytes_of_each_device) {
  Record host = record("naive", {2, 2, 2, 2, 2, 2}), cuda = record("cuda:0", {2, 2, 2, 2, 2, 2});
  host.traffic = {2'000'000'000, 0};
  cuda.traffic = {1'000'000'000, 0};
  cuda.device = {"cuda", "GPU", "8a6f", {}, 0, 0};
  CaseResult result{host.problem, {host, cuda}};
  const Series second{{1, 1, 1, 1, 1, 1}, 1, 0, ""};
  relate(
      result,
      {{"host", "copy", Temperature::kCold, second}, {"8a6f", "read", Temperature::kCold, second}},
      "", {});
  const std::string table = table_block(result, {Temperature::kCold});
  EXPECT_NE(table.find("  2.00 GB  cold ceiling 2.00 GB/s (copy)"
                       "  cold ceiling 1.00 GB/s (read on GPU, 1.00 GB)\n"),
            std::string::npos)
      << table;
}

TEST(Relate, faster_than_every_sample_of_every_ceiling_is_invalid) {
  CaseResult result{{}, {record("a", {1, 1, 1, 1, 1, 1}), record("b", {2, 2, 2, 2, 2, 2})}};
  relate(result, {{"host", "copy", Temperature::kCold, {{2, 2, 2, 2, 2, 2.05}, 1, 0, ""}}}, "", {});
  EXPECT_EQ(result.records[0].status, Status::kInvalid);
  EXPECT_EQ(result.records[1].status, Status::kOk);
}

TEST(Relate, a_peer_on_the_rows_own_device_goes_before_a_faster_one_elsewhere) {
  Record own = record("cuda:0", {1, 1, 1, 1, 1, 1}), peer = record("cudnn", {4, 4, 4, 4, 4, 4});
  own.device.uuid = peer.device.uuid = "8a6f";
  CaseResult result{{}, {own, peer, record("onednn", {2, 2, 2, 2, 2, 2})}};
  relate(result, {}, "", {"cudnn", "onednn"});
  EXPECT_EQ(result.records[0].baseline, "cudnn");
  EXPECT_FALSE(result.records[0].across_devices);
}

TEST(Relate, baseline_is_the_best_peer_where_none_is_named) {
  CaseResult result{{},
                    {record("own", {1, 1, 1, 1, 1, 1}), record("slow", {8, 8, 8, 8, 8, 8}),
                     record("fast", {4, 4, 4, 4, 4, 4})}};
  relate(result, {}, "", {"slow", "fast"});
  EXPECT_EQ(result.records[0].baseline, "fast");
  EXPECT_DOUBLE_EQ(result.records[0].ratio.median, 4);
}

}  // namespace
}  // namespace poolbench
