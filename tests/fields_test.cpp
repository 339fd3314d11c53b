// Results that leave the process come back as they were.
#include "bench/record/fields.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace poolbench {
namespace {

Record full_record() {
  Record record;
  record.contender = "m.ones";
  record.kernel = "ones";
  record.problem = parse_problem("max/fractional/f32/nchw/src:1x2x9x9/k:2x2/out:4x4/seed:7");
  record.temperature = Temperature::kHot;
  record.status = Status::kInvalid;
  record.reason = "said \"no\"\nand more";
  record.comparison.emplace();
  record.comparison->outputs = 32;
  record.comparison->known_differences = {{"rule: why", 3}};
  record.comparison->worst = {{.n = 1, .output = {0, 1, 2}, .expected = -INFINITY, .got = NAN}};
  record.device = {"cuda", "GPU", "8a6f", "1.2", int64_t{1} << 40, 50'000'000};
  record.series.seconds = {0.1, 1e-300, 5e-324, 1.0 / 3};
  record.series.voided = {{3, "stolen time", 0.7, true}};
  record.series.launches = 7;
  record.series.rotation_bytes = int64_t{3} << 60;
  record.series.level = "L2";
  record.series.proofs = 5;
  record.series.cores = {1.9};
  record.series.probe = {0.98};
  record.series.status = Status::kCheat;
  record.series.reason = "why";
  record.warm = true;
  record.plan = {1e-3, 1.0 / 3, 4096};
  record.submit.p50 = 1e-5;
  record.submit.p99 = INFINITY;
  record.submit.samples = 1007;
  record.submit.disturbed = 3;
  record.seconds = {0.1, kNone, INFINITY};
  record.traffic = {12, 34};
  record.ceiling = "copy";
  record.ceiling_seconds = -0.0;
  record.share = {1, 2, 3};
  record.baseline = "naive";
  record.ratio = {4, 5, 6};
  record.across_devices = true;
  record.floor_seconds = std::bit_cast<double>(uint64_t{0x7ff800000000beef});
  return record;
}

TEST(Fields, a_result_comes_back_as_it_was) {
  const CaseResult result{full_record().problem, {full_record(), Record()}};
  const std::string line = line_of(to_exact(result));
  const CaseResult back = from_exact<CaseResult>(Json::parse(line));
  EXPECT_EQ(line_of(to_exact(back)), line);
  ASSERT_EQ(back.records.size(), 2u);
  const Record &was = result.records[0], &is = back.records[0];
  EXPECT_EQ(is.name(), was.name());
  EXPECT_EQ(is.status, was.status);
  EXPECT_EQ(is.reason, was.reason);
  EXPECT_EQ(is.comparison->known_differences, was.comparison->known_differences);
  EXPECT_EQ(is.comparison->worst[0].output, was.comparison->worst[0].output);
  EXPECT_EQ(is.comparison->worst[0].expected, -INFINITY);
  EXPECT_TRUE(std::isnan(is.comparison->worst[0].got));
  EXPECT_EQ(is.device.memory_bytes, was.device.memory_bytes);
  EXPECT_EQ(is.series.seconds, was.series.seconds);
  EXPECT_EQ(is.series.rotation_bytes, was.series.rotation_bytes);
  EXPECT_EQ(is.seconds.high, INFINITY);
  EXPECT_TRUE(std::signbit(is.ceiling_seconds));
  EXPECT_EQ(is.plan.again_seconds, was.plan.again_seconds);
  EXPECT_EQ(is.plan.heap_bytes, 4096);
  EXPECT_FALSE(back.records[1].plan.seconds);
  EXPECT_EQ(is.submit.p50, was.submit.p50);
  EXPECT_EQ(is.submit.p99, INFINITY);
  EXPECT_EQ(is.submit.samples, 1007);
  EXPECT_EQ(is.submit.disturbed, 3);
  EXPECT_EQ(std::bit_cast<uint64_t>(is.floor_seconds), 0x7ff800000000beef) << "NaN's bits too";
  EXPECT_FALSE(back.records[1].comparison);
}

TEST(Fields, doubles_keep_their_bits) {
  uint64_t bits = 1;
  for (int i = 0; i < 100'000; ++i) {
    bits = bits * 6364136223846793005 + 1442695040888963407;
    const auto value = std::bit_cast<double>(bits);
    const double back = exact_double(Json::parse(line_of(exact_json(value))));
    ASSERT_EQ(std::bit_cast<uint64_t>(back), bits) << value;
  }
}

TEST(Fields, text_of_any_bytes_is_one_line) {
  Record record;
  record.reason = "line\none \xff\xfe";
  const std::string line = line_of(to_exact(record));
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NO_THROW(from_exact<Record>(Json::parse(line)));
}

TEST(Fields, what_is_missing_or_unknown_is_refused) {
  Json json = to_exact(full_record());
  json["status"] = "splendid";
  EXPECT_THROW(from_exact<Record>(json), BadInput);
  json.erase("status");
  EXPECT_THROW(from_exact<Record>(json), Json::exception);
}

// To cast such a number to an integer is undefined.
TEST(Fields, what_is_no_whole_number_of_64_bits_is_refused) {
  const Json whole = to_exact(full_record());
  ASSERT_NO_THROW(from_exact<Record>(whole));
  for (const Json& number :
       {Json(1.5), Json(6.8e51), Json(-1e300), Json(uint64_t{1} << 63), Json("7"), Json()}) {
    Json json = whole;
    json["scratch_bytes"] = number;
    EXPECT_THROW(from_exact<Record>(json), BadInput) << number;
    json = whole;
    json["comparison"]["worst"][0]["output"][2] = number;
    EXPECT_THROW(from_exact<Record>(json), BadInput) << number;
  }
}

}  // namespace
}  // namespace poolbench
