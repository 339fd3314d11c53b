// What samples come to: shares, ratios, statuses, and how the table shows them.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/record/context.h"
#include "bench/record/record.h"
#include "bench/report/table.h"
#include "bench/time/result.h"

namespace poolbench {
namespace {

Record record(const std::string& contender, std::vector<double> seconds) {
  Record record;
  record.contender = contender;
  record.problem = parse_problem("max/sliding/f32/nchw/src:1x1x32x32/k:2x2");
  record.device.uuid = "host";
  record.series.seconds = std::move(seconds);
  record.floor_seconds = 1e-9;
  return record;
}

CeilingSeries ceiling(const char* uuid, const char* name, std::vector<double> seconds) {
  CeilingSeries ceiling{uuid, name, Temperature::kCold, 1, {}};
  ceiling.series.seconds = std::move(seconds);
  return ceiling;
}
void relate_all(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
                const std::string& baseline = "", const std::vector<std::string>& peers = {}) {
  Peaks peaks;
  relate(result, ceilings, baseline, peers, 6, peaks);
}

TEST(Relate, share_and_ratio_are_taken_block_by_block) {
  // The machine slows down threefold half way; ratios do not change.
  CaseResult result{{}, {record("a", {2, 2, 2, 6, 6, 6}), record("b", {4, 4, 4, 12, 12, 12})}};
  const std::vector<CeilingSeries> ceilings = {ceiling("host", "copy", {1, 1, 1, 3, 3, 3}),
                                               ceiling("host", "read", {9, 9, 9, 9, 9, 9}),
                                               ceiling("other", "copy", {.1, .1, .1, .1, .1, .1})};
  relate_all(result, ceilings, "b");
  EXPECT_EQ(result.records[0].ceiling, "copy");
  EXPECT_DOUBLE_EQ(result.records[0].share.median, 0.5);
  EXPECT_DOUBLE_EQ(result.records[0].share.low, 0.5);
  EXPECT_DOUBLE_EQ(result.records[0].ratio.median, 2);
  EXPECT_DOUBLE_EQ(result.records[1].ratio.median, 1);
}

// Arithmetic is no other way to move the bytes: the ceiling is the slower of the two bounds.
TEST(Relate, a_row_is_bound_by_memory_or_by_arithmetic) {
  const CeilingSeries read = ceiling("host", "read", {2, 2, 2, 2, 2, 2}),
                      copy = ceiling("host", "copy", {3, 3, 3, 3, 3, 3});
  const auto ceiling_beside = [&](double all, double one) {
    CaseResult result{{}, {record("a", {8, 8, 8, 8, 8, 8})}};
    const auto compute = [](const char* name, double seconds) {
      return ceiling("host", name, std::vector<double>(6, seconds));
    };
    relate_all(result, {read, compute("compute", all), copy, compute("compute/1", one)});
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
  relate_all(result, {ceiling("8a6f", "copy", {1, 1, 1, 1, 1, 1})}, "cuda:0");
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
  relate_all(result, {ceiling("host", "copy", {1, 1, 1, 1, 1, 1}),
                      ceiling("8a6f", "read", {1, 1, 1, 1, 1, 1})});
  const std::string table = table_block(result, {Temperature::kCold});
  EXPECT_NE(table.find("  2.00 GB  cold ceiling 2.00 GB/s (copy)"
                       "  cold ceiling 1.00 GB/s (read on GPU, 1.00 GB)\n"),
            std::string::npos)
      << table;
}

TEST(Relate, a_row_above_its_ceiling_indicts_the_ceiling_and_stays_in_means) {
  CaseResult result{{}, {record("a", {1, 1, 1, 1, 1, 1}), record("b", {2, 2, 2, 2, 2, 2.05})}};
  relate_all(result, {ceiling("host", "copy", {1.2, 1.2, 1.2, 1.2, 1.2, 1.2})});
  EXPECT_EQ(result.records[0].status, Status::kAboveCeiling);
  EXPECT_EQ(result.records[0].reason, "1.20 times as fast as copy");
  EXPECT_EQ(result.records[1].status, Status::kOk);
  EXPECT_TRUE(has_time(result.records[0].status));
}

TEST(Relate, beyond_what_the_machine_was_seen_to_do_is_invalid) {
  CaseResult result{{}, {record("a", {1, 1, 1, 1, 1, 1}), record("b", {3, 3, 3, 3, 3, 3})}};
  for (Record& one : result.records) one.traffic = {9'000'000'000, 0};
  Peaks peaks = {{{"host", "memory"}, 5e9}, {{"host", "L2"}, 99e9}};
  relate(result, {ceiling("host", "copy", {1.2, 1.2, 1.2, 1.2, 1.2, 1.2})}, "", {}, 6, peaks);
  EXPECT_EQ(result.records[0].status, Status::kInvalid);
  EXPECT_EQ(result.records[0].reason, "9 GB/s, but the fastest pass over memory here had 5 GB/s");
  EXPECT_EQ(result.records[1].status, Status::kOk);
}

Voided voided(double seconds, bool disturbed) { return {0, "other processes", seconds, disturbed}; }

TEST(Relate, a_row_with_too_few_quiet_blocks_is_noisy) {
  Record few = record("a", {1, 1, 1});
  few.series.voided.assign(42, voided(1.5, true));
  CaseResult result{{}, {few}};
  relate_all(result, {});
  EXPECT_EQ(result.records[0].status, Status::kNoisy);
  EXPECT_EQ(result.records[0].reason, "42 of 45 blocks were disturbed by other processes");
}

TEST(Relate, a_wide_interval_is_noise_only_where_something_was_disturbed) {
  Record wide = record("a", {1, 1, 1, 2, 2, 2});
  CaseResult result{{}, {wide}};
  relate_all(result, {});
  EXPECT_EQ(result.records[0].status, Status::kOk) << "its own doing";
  wide.series.voided.assign(1, voided(5, true));
  result = {{}, {wide}};
  relate_all(result, {});
  EXPECT_EQ(result.records[0].status, Status::kNoisy);
}

// Else voiding would pick the lucky ones.
TEST(Relate, quiet_samples_of_voided_blocks_must_be_like_the_others) {
  Record picked = record("a", {1, 1, 1, 1, 1, 1});
  picked.series.voided.assign(6, voided(1.1, false));
  CaseResult result{{}, {picked}};
  relate_all(result, {});
  EXPECT_EQ(result.records[0].status, Status::kOk);
  picked.series.voided.assign(6, voided(1.5, false));
  result = {{}, {picked}};
  relate_all(result, {});
  EXPECT_EQ(result.records[0].status, Status::kNoisy);
}

TEST(Relate, sets_read_faster_than_memory_are_called_warm_and_left_out_of_means) {
  Record warm = record("a", {1, 1, 1, 1, 1, 1});
  warm.series.probe = {1.3, 1.2, 1.3, 1.2, 1.3, 1.2};
  CaseResult result{warm.problem, {warm}};
  relate_all(result, {ceiling("host", "copy", {.5, .5, .5, .5, .5, .5})});
  EXPECT_TRUE(result.records[0].warm);
  EXPECT_NE(table_block(result, {Temperature::kCold}).find("warm: "), std::string::npos);
  EXPECT_NE(table_summary({result}, {Temperature::kCold}).find("1 warm"), std::string::npos);
}

TEST(Relate, a_computing_ceiling_counts_where_it_takes_longer) {
  CaseResult result{{}, {record("a", {4, 4, 4, 4, 4, 4})}};
  relate_all(result, {ceiling("host", "read", {1, 1, 1, 1, 1, 1}),
                      ceiling("host", "compute", {2, 2, 2, 2, 2, 2}),
                      ceiling("host", "copy", {3, 3, 3, 3, 3, 3})});
  EXPECT_EQ(result.records[0].ceiling, "compute");
  EXPECT_DOUBLE_EQ(result.records[0].share.median, 0.5);
}

TEST(Record, rows_without_a_time_say_what_their_plan_cost) {
  Record wrong = record("a", {});
  wrong.status = Status::kWrong;
  const auto json = [&] {
    return records_json({{wrong.problem, {wrong}}}, {run_context()})["benchmarks"][0]["poolbench"];
  };
  EXPECT_FALSE(json().contains("plan_seconds"));
  wrong.plan = {2.0, 1.0, 4096};
  wrong.scratch_bytes = 77;
  EXPECT_EQ(json()["plan_seconds"], 2.0);
  EXPECT_EQ(json()["plan_again_seconds"], 1.0);
  EXPECT_EQ(json()["plan_heap_bytes"], 4096);
  EXPECT_EQ(json()["scratch_bytes"], 77);
}

TEST(Table, submit_to_done_is_a_column_where_a_row_has_it) {
  CaseResult result{record("a", {}).problem, {record("a", {1, 1, 1, 1, 1, 1})}};
  relate_all(result, {});
  EXPECT_EQ(table_block(result, {Temperature::kCold}).find("submit"), std::string::npos);
  EXPECT_EQ(records_json({result}, {run_context()}).dump().find("submit"), std::string::npos);
  result.records.push_back(record("b", {1e-5, 1e-5, 1e-5, 1e-5, 1e-5, 1e-5}));
  result.records[1].submit.p50 = 12e-6;
  result.records[1].submit.p99 = 0.5e-3;
  result.records[1].submit.samples = 1000;
  relate_all(result, {});
  const std::string table = table_block(result, {Temperature::kCold});
  EXPECT_NE(table.find(" | submit 12.0 us  p99  500 us\n"), std::string::npos) << table;
  const auto json = records_json({result}, {run_context()})["benchmarks"].back()["poolbench"];
  EXPECT_EQ(json["submit_p50"], 12e-6);
  EXPECT_EQ(json["submit_p99"], 0.5e-3);
  EXPECT_EQ(json["submit_samples"], 1000);
  EXPECT_EQ(json["submit_disturbed"], 0);
}

TEST(Table, crossovers_are_named_where_intervals_part) {
  const auto at = [](const char* size, std::vector<double> a, std::vector<double> b) {
    CaseResult result{parse_problem(std::string("max/sliding/f32/nchw/src:1x1x") + size + "/k:2x2"),
                      {record("a", std::move(a)), record("b", std::move(b))}};
    relate_all(result, {});
    return result;
  };
  const std::vector<double> one = {1, 1, 1, 1, 1, 1}, two = {2, 2, 2, 2, 2, 2},
                            between = {.5, .5, .5, 3, 3, 3};
  const std::string text = crossovers({at("8x8", one, two), at("16x16", one, between),
                                       at("32x32", two, one), at("64x64", two, one)},
                                      Temperature::kCold);
  EXPECT_NE(text.find(": a from 1x1x8x8 b from 1x1x32x32\n"), std::string::npos) << text;
}

TEST(Table, says_what_was_disturbed) {
  Record one = record("a", {1, 1, 1, 1, 1, 1});
  one.series.launches = 1;
  one.series.voided.assign(3, voided(1, true));
  EXPECT_NE(table_summary({{one.problem, {one}}}, {Temperature::kCold})
                .find("3 of 9 blocks were disturbed and did not count: 3 by other processes. They "
                      "took 33 % of the time.\n"),
            std::string::npos);
}

TEST(Relate, a_peer_on_the_rows_own_device_goes_before_a_faster_one_elsewhere) {
  Record own = record("cuda:0", {1, 1, 1, 1, 1, 1}), peer = record("cudnn", {4, 4, 4, 4, 4, 4});
  own.device.uuid = peer.device.uuid = "8a6f";
  CaseResult result{{}, {own, peer, record("onednn", {2, 2, 2, 2, 2, 2})}};
  relate_all(result, {}, "", {"cudnn", "onednn"});
  EXPECT_EQ(result.records[0].baseline, "cudnn");
  EXPECT_FALSE(result.records[0].across_devices);
}

TEST(Relate, baseline_is_the_best_peer_where_none_is_named) {
  CaseResult result{{},
                    {record("own", {1, 1, 1, 1, 1, 1}), record("slow", {8, 8, 8, 8, 8, 8}),
                     record("fast", {4, 4, 4, 4, 4, 4})}};
  relate_all(result, {}, "", {"slow", "fast"});
  EXPECT_EQ(result.records[0].baseline, "fast");
  EXPECT_DOUBLE_EQ(result.records[0].ratio.median, 4);
}

}  // namespace
}  // namespace poolbench
