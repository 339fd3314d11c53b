// What the layers of a network take together: which are compared, the sums and their intervals.
#include "bench/time/network_total.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/report/table.h"
#include "tests/text_files.h"

namespace poolbench {
namespace {

constexpr Temperature kCold = Temperature::kCold;

Problem problem(int extent) {
  return parse_problem("max/global/f32/nchw/src:1x1x" + std::to_string(extent));
}

Record row(const std::string& contender, Interval seconds, double ratio = kNone) {
  Record record;
  record.contender = contender;
  record.temperature = kCold;
  record.seconds = seconds;
  record.ratio = {ratio, ratio, ratio};
  return record;
}

// Three layers: twice 4 elements, once 8, three times 16; one more is no problem.
Network network() { return {"n", {{problem(4), 2}, {problem(8), 1}, {problem(16), 3}}, 1}; }

std::vector<CaseResult> cases(std::vector<Record> four, std::vector<Record> eight,
                              std::vector<Record> sixteen) {
  return {{problem(16), std::move(sixteen)},
          {problem(4), std::move(four)},
          {problem(32), {row("a", {1e9, 1e9, 1e9})}},  // of no network
          {problem(8), std::move(eight)}};
}

TEST(NetworkTotal, times_add_up_as_often_as_a_layer_occurs) {
  const auto total = network_total(
      network(), cases({row("a", {10, 9, 11})}, {row("a", {5, 4, 7})}, {row("a", {1, 1, 2})}),
      kCold);
  EXPECT_EQ(layer_count(network()), 7);
  EXPECT_EQ(total.compared, 6);
  ASSERT_EQ(total.rows.size(), 1u);
  EXPECT_EQ(total.rows[0].ok, 6);
  EXPECT_DOUBLE_EQ(total.rows[0].seconds.median, 2 * 10 + 5 + 3 * 1);
  EXPECT_DOUBLE_EQ(total.rows[0].seconds.low, 28 - std::sqrt(2 * 2 + 1 * 1));
  EXPECT_DOUBLE_EQ(total.rows[0].seconds.high, 28 + std::sqrt(2 * 2 + 2 * 2 + 3 * 3));
  EXPECT_TRUE(std::isnan(total.rows[0].ratio.median));  // to no baseline
}

TEST(NetworkTotal, layers_are_compared_that_are_ok_on_all_contenders_which_have_any) {
  Record noisy = row("b", {1, 1, 1}), warm = row("a", {1, 1, 1});
  noisy.status = Status::kNoisy;
  warm.warm = true;
  Record none = row("c", {kNone, kNone, kNone});
  none.status = Status::kRefused;
  const auto total =
      network_total(network(),
                    cases({row("a", {10, 9, 11}), row("b", {20, 19, 21}), none},
                          {row("a", {5, 4, 7}), noisy, none}, {warm, row("b", {2, 2, 2}), none}),
                    kCold);
  EXPECT_EQ(total.compared, 2);
  ASSERT_EQ(total.rows.size(), 3u);
  EXPECT_DOUBLE_EQ(total.rows[0].seconds.median, 20);
  EXPECT_DOUBLE_EQ(total.rows[1].seconds.median, 40);
  EXPECT_TRUE(std::isnan(total.rows[2].seconds.median));
  EXPECT_EQ(total.rows[0].ok, 3);
  EXPECT_EQ(total.rows[1].ok, 5);
  EXPECT_EQ(total.rows[2].ok, 0);
}

TEST(NetworkTotal, a_ratio_is_of_sums_and_not_a_mean) {
  // The baselines take 2 * 10, 10 and 3 * 10.
  const auto total = network_total(
      network(),
      cases({row("a", {10, 10, 10}, 1)}, {row("a", {5, 5, 5}, 2)}, {row("a", {1, 1, 1}, 10)}),
      kCold);
  EXPECT_DOUBLE_EQ(total.rows[0].ratio.median, (2 * 10 + 10 + 3 * 10) / 28.);
}

TEST(NetworkTotal, nothing_is_compared_where_contenders_share_no_layer) {
  const auto total =
      network_total(network(), cases({row("a", {10, 9, 11})}, {row("b", {5, 4, 7})}, {}), kCold);
  EXPECT_EQ(total.compared, 0);
  EXPECT_TRUE(std::isnan(total.rows.at(0).seconds.median));
  EXPECT_EQ(network_total(network(), {}, kCold).compared, 0);
}

TEST(NetworkTotal, the_table_says_what_is_compared_and_what_is_left_out) {
  const auto results = cases({row("a", {1e-3, 9e-4, 11e-4}, 2)}, {row("a", {1, 1, 1}, 1)}, {});
  const std::string text = network_table({network()}, results, {kCold});
  EXPECT_TRUE(has(text, "n: 7 pooling layers, 1 of them left out; compared cold: 3\n")) << text;
  EXPECT_TRUE(has(text, "1.00 s   0 %   x1.00    3")) << text;
  EXPECT_EQ(network_table({}, results, {kCold}), "");
}

}  // namespace
}  // namespace poolbench
