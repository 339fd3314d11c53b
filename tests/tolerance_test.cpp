// The edges of the judgement's tolerance, worked by hand: just inside and just outside.
#include <cmath>
#include <limits>

#include "host/compare.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Judges a single output.
Comparison judged(const std::string& line, const std::vector<double>& input, double got) {
  const Problem problem = parse_problem(line);
  const auto src = encoded(problem.dtype(), input);
  const auto dst = encoded(problem.dtype(), {got});
  EXPECT_TRUE(std::isnan(got) || decoded(problem.dtype(), dst)[0] == got)
      << got << " is no number of the type: " << line;
  return compare(problem, src.data(), dst.data(), nullptr);
}

bool taken(const std::string& line, const std::vector<double>& input, double got) {
  return judged(line, input, got).ok();
}

std::string average(const char* dtype, size_t taps, const std::string& more = "") {
  return fmt::format("avg_include_pad/global/{}/nchw/src:1x1x{}{}", dtype, taps, more);
}

// Numbers around 1 whose sum is exact and whose mean is 1.
std::vector<double> around_one(size_t taps) {
  std::vector<double> numbers(taps, 1);
  if (taps > 1) numbers[0] = 1 - 0x1p-7, numbers[1] = 1 + 0x1p-7;
  return numbers;
}

TEST(AverageOfEqualNumbers, is_that_number) {
  for (const size_t taps : {1, 2, 3, 7, 9, 49, 1000}) {
    SCOPED_TRACE(taps);
    for (const double number : {1.0, -3.0, 0.375}) {
      const std::vector<double> equal(taps, number);
      for (const char* type : {"f64", "f32", "f16", "bf16"})
        EXPECT_TRUE(taken(average(type, taps), equal, number));
      const float away = number > 0 ? 4 : -4;
      EXPECT_FALSE(taken(average("f32", taps), equal, std::nextafter(float(number), away)));
      EXPECT_FALSE(taken(average("f32", taps), equal, std::nextafter(float(number), 0.f)));
      EXPECT_FALSE(taken(average("f64", taps), equal, std::nextafter(number, double(away))));
      EXPECT_FALSE(taken(average("f64", taps), equal, std::nextafter(number, 0)));
    }
  }
}

TEST(AverageOfEqualNumbers, is_the_quotient_rounded_once) {
  for (const int divisor : {3, -7, 10, 11}) {
    const std::string more = fmt::format("/div:{}", divisor);
    const std::vector<double> equal(9, 5);
    const float f32 = 45.f / float(divisor);
    EXPECT_TRUE(taken(average("f32", 9, more), equal, f32));
    EXPECT_FALSE(taken(average("f32", 9, more), equal, std::nextafter(f32, HUGE_VALF)));
    EXPECT_FALSE(taken(average("f32", 9, more), equal, std::nextafter(f32, -HUGE_VALF)));
    const double f64 = 45. / divisor;
    EXPECT_TRUE(taken(average("f64", 9, more), equal, f64));
    EXPECT_FALSE(taken(average("f64", 9, more), equal, std::nextafter(f64, HUGE_VAL)));
    EXPECT_FALSE(taken(average("f64", 9, more), equal, std::nextafter(f64, -HUGE_VAL)));
  }
}

TEST(AverageOfEqualNumbers, may_round_where_sums_do) {
  // 3 * 0.1f needs 26 bits
  EXPECT_TRUE(taken(average("f32", 3), {0.1f, 0.1f, 0.1f}, 0.1f));
  EXPECT_TRUE(taken(average("f32", 3), {0.1f, 0.1f, 0.1f}, std::nextafter(0.1f, 1.f)));
}

// min(T - 1, 64 + ceil(log2 T)) * 2^-24 above 1 is half as many ulp, since an ulp there is 2^-23.
// Where a half ulp remains, the oracle's own error decides for the outer neighbour.
TEST(AverageTolerance, grows_with_the_taps_from_one_rounding_up) {
  const struct {
    size_t taps;
    int above, below;  // the last accepted, in 2^-23 above and 2^-24 below 1
  } rows[] = {{2, 1, 1},    {3, 1, 2},     {4, 2, 3},     {5, 2, 4},
              {8, 4, 7},    {16, 8, 15},   {64, 32, 63},  {65, 32, 64},
              {72, 36, 71}, {100, 36, 71}, {200, 36, 72}, {1000, 37, 74}};
  for (const auto& row : rows) {
    const std::vector<double> ones = around_one(row.taps);
    SCOPED_TRACE(row.taps);
    EXPECT_TRUE(taken(average("f32", row.taps), ones, 1 + row.above * 0x1p-23));
    EXPECT_FALSE(taken(average("f32", row.taps), ones, 1 + (row.above + 1) * 0x1p-23));
    EXPECT_TRUE(taken(average("f32", row.taps), ones, 1 - row.below * 0x1p-24));
    EXPECT_FALSE(taken(average("f32", row.taps), ones, 1 - (row.below + 1) * 0x1p-24));
    EXPECT_TRUE(taken(average("f64", row.taps), ones, 1 + row.above * 0x1p-52));
    EXPECT_FALSE(taken(average("f64", row.taps), ones, 1 + (row.above + 1) * 0x1p-52));
    EXPECT_TRUE(taken(average("f64", row.taps), ones, 1 - row.below * 0x1p-53));
    EXPECT_FALSE(taken(average("f64", row.taps), ones, 1 - (row.below + 1) * 0x1p-53));
  }
}

TEST(AverageTolerance, of_one_tap_is_the_division) {
  const float third = 1.f / 3;
  EXPECT_TRUE(taken(average("f32", 1, "/div:3"), {1}, third));
  EXPECT_FALSE(taken(average("f32", 1, "/div:3"), {1}, std::nextafter(third, 1.f)));
  EXPECT_FALSE(taken(average("f32", 1, "/div:3"), {1}, std::nextafter(third, 0.f)));
  EXPECT_TRUE(taken(average("f64", 1, "/div:3"), {0.1}, 0.1 / 3));
  EXPECT_FALSE(taken(average("f64", 1, "/div:3"), {0.1}, std::nextafter(0.1 / 3, 1)));
  // 2^24 + 1 is no number of f32, so that the divisor rounds too.
  const std::string large = average("f32", 1, "/div:16777217");
  EXPECT_TRUE(taken(large, {1}, 1 / 16777216.f));
  EXPECT_TRUE(taken(large, {1}, float(1 / 16777217.)));
}

TEST(AverageTolerance, follows_the_sum_of_magnitudes_when_the_sum_cancels) {
  const std::vector<double> input = {1, -1, 1, -1};
  const double edge = 3 * 0x1p-24;
  for (const double sign : {1., -1.}) {
    EXPECT_TRUE(taken(average("f32", 4), input, sign * edge));
    EXPECT_FALSE(taken(average("f32", 4), input, sign * (edge + 0x1p-46)));  // its next number
  }
  EXPECT_FALSE(taken(average("f32", 4), {.5, -.5, .5, -.5}, edge));
  // A given divisor of -2 doubles it.
  EXPECT_TRUE(taken(average("f32", 4, "/div:-2"), input, 2 * edge));
  EXPECT_FALSE(taken(average("f32", 4, "/div:-2"), input, 2 * edge + 0x1p-45));
}

// 16-bit floats are summed in f32, so the rounding to the type dominates.
TEST(AverageTolerance, of_16_bit_floats_is_half_an_ulp) {
  const struct {
    const char* dtype;
    double ulp;
  } rows[] = {{"f16", 0x1p-10}, {"bf16", 0x1p-7}};
  for (const auto& row : rows) {
    SCOPED_TRACE(row.dtype);
    const std::string line = average(row.dtype, 4);
    const double ulp = row.ulp;
    EXPECT_TRUE(taken(line, {1, 1, 1, 1}, 1));
    EXPECT_FALSE(taken(line, {1, 1, 1, 1}, 1 + ulp));
    EXPECT_FALSE(taken(line, {1, 1, 1, 1}, 1 - ulp / 2));
    // Halfway between 1 and its next number, the error of the sum decides: both are right.
    EXPECT_TRUE(taken(line, {1, 1, 1, 1 + 2 * ulp}, 1));
    EXPECT_TRUE(taken(line, {1, 1, 1, 1 + 2 * ulp}, 1 + ulp));
    EXPECT_FALSE(taken(line, {1, 1, 1, 1 + 2 * ulp}, 1 + 2 * ulp));
    EXPECT_FALSE(taken(line, {1, 1, 1, 1 + 2 * ulp}, 1 - ulp / 2));
    // A quarter of an ulp above 1 rounds down only, three quarters up only.
    EXPECT_FALSE(taken(line, {1, 1, 1, 1 + ulp}, 1 + ulp));
    EXPECT_FALSE(taken(line, {1, 1, 1 + ulp, 1 + 2 * ulp}, 1));
  }
}

TEST(AverageTolerance, of_16_bit_floats_that_cancel) {
  const std::vector<double> input = {1000, -1000, 1000, -1000};  // 3000 * 2^-24
  EXPECT_TRUE(taken(average("f16", 4), input, 1500 * 0x1p-23));
  EXPECT_FALSE(taken(average("f16", 4), input, 1501 * 0x1p-23));
  EXPECT_TRUE(taken(average("bf16", 4), input, -188 * 0x1p-20));
  EXPECT_FALSE(taken(average("bf16", 4), input, -189 * 0x1p-20));
}

TEST(IntegerAverage, is_exact_to_half_even) {
  const auto accepted = [](const char* dtype, const std::vector<double>& input,
                           const std::string& more = "") {
    std::vector<double> all;
    for (int got = -128; got < 256; ++got) {
      if (dtype == std::string("i8") ? got > 127 : got < 0) continue;
      if (taken(average(dtype, input.size(), more), input, got)) all.push_back(got);
    }
    return all;
  };
  using Values = std::vector<double>;
  EXPECT_EQ(accepted("i8", {2, 3}), (Values{2}));
  EXPECT_EQ(accepted("i8", {3, 4}), (Values{4}));
  EXPECT_EQ(accepted("i8", {-2, -3}), (Values{-2}));
  EXPECT_EQ(accepted("i8", {-3, -4}), (Values{-4}));
  EXPECT_EQ(accepted("i8", {0, 1, 1}), (Values{1}));
  EXPECT_EQ(accepted("u8", {254, 255}), (Values{254}));
  EXPECT_EQ(accepted("i8", {127, 127}, "/div:1"), (Values{127}));
  EXPECT_EQ(accepted("i8", {127, 127}, "/div:-1"), (Values{-128}));
  EXPECT_EQ(accepted("u8", {1, 2}, "/div:-1"), (Values{0}));
}

TEST(LpTolerance, is_relative_plus_four_ulp) {
  const std::vector<double> ones(4, 1);
  const auto lp = [](const char* norm) {
    return fmt::format("lp/global/f32/nchw/src:1x1x4/norm:{}", norm);
  };
  // norm 2: 2; 3 * 2^-24 * 2 + 4 ulp of 2^-22 = 5.5 ulp; below 2 an ulp is half as large
  EXPECT_TRUE(taken(lp("2"), ones, 2 + 6 * 0x1p-22));
  EXPECT_FALSE(taken(lp("2"), ones, 2 + 7 * 0x1p-22));
  EXPECT_TRUE(taken(lp("2"), ones, 2 - 11 * 0x1p-23));
  EXPECT_FALSE(taken(lp("2"), ones, 2 - 12 * 0x1p-23));
  // norm 1: 4; 3 * 2^-24 * 4 + 4 ulp of 2^-21 = 5.5 ulp
  EXPECT_TRUE(taken(lp("1"), ones, 4 + 6 * 0x1p-21));
  EXPECT_FALSE(taken(lp("1"), ones, 4 + 7 * 0x1p-21));
  // norm 0.5: 16, and the root doubles both; 2 * (3 * 2^-24 * 16 + 4 ulp of 2^-19)
  EXPECT_TRUE(taken(lp("0.5"), ones, 16 + 11 * 0x1p-19));
  EXPECT_FALSE(taken(lp("0.5"), ones, 16 + 12 * 0x1p-19));
  // of f16 the power and the root are in f32, and an ulp of f16 is none of them
  EXPECT_TRUE(taken("lp/global/f16/nchw/src:1x1x2/norm:2", {3, 4}, 5));
  EXPECT_FALSE(taken("lp/global/f16/nchw/src:1x1x2/norm:2", {3, 4}, 5 + 0x1p-8));
  // norm inf is exact
  EXPECT_TRUE(taken(lp("inf"), {1, -3, 2, 0}, 3));
  EXPECT_FALSE(taken(lp("inf"), {1, -3, 2, 0}, 3 + 0x1p-22));
}

TEST(LpTolerance, forms_are_told_apart) {
  const std::vector<double> input = {1, 2, 5, 6};
  EXPECT_TRUE(taken("lp/global/f32/nchw/src:1x1x4/norm:1", input, 14));
  EXPECT_FALSE(taken("lp/global/f32/nchw/src:1x1x4/norm:1", input, 3.5));
  EXPECT_TRUE(taken("lp/global/f32/nchw/src:1x1x4/norm:1/mean", input, 3.5));
  EXPECT_FALSE(taken("lp/global/f32/nchw/src:1x1x4/norm:1/mean", input, 14));
}

TEST(LpTolerance, of_integers_rounds_from_inside_the_interval) {
  const std::string line = "lp/global/i8/nchw/src:1x1x2/norm:2";
  EXPECT_TRUE(taken(line, {3, 4}, 5));
  EXPECT_FALSE(taken(line, {3, 4}, 4));
  EXPECT_FALSE(taken(line, {3, 4}, 6));
  EXPECT_TRUE(taken(line, {-128, -128}, 127));
  EXPECT_FALSE(taken(line, {-128, -128}, 126));
  // 2.5 lies between two results; each is what some power and root within the bound round to
  const std::string mean = "lp/global/i8/nchw/src:1x1x2/norm:1/mean";
  EXPECT_TRUE(taken(mean, {2, -3}, 2));
  EXPECT_TRUE(taken(mean, {2, -3}, 3));
  EXPECT_FALSE(taken(mean, {2, -3}, 1));
  EXPECT_FALSE(taken(mean, {2, -3}, 4));
  EXPECT_TRUE(taken("lp/global/i8/nchw/src:1x1x2/norm:inf", {-128, 3}, 127));
}

TEST(Range, overflow_of_the_accumulator_is_accepted_and_counted) {
  const double max = std::numeric_limits<float>::max();
  const std::string line = average("f32", 2);
  EXPECT_TRUE(taken(line, {max, max}, max));
  EXPECT_EQ(judged(line, {max, max}, max).out_of_range, 0);
  EXPECT_TRUE(taken(line, {max, max}, kInf));
  EXPECT_EQ(judged(line, {max, max}, kInf).out_of_range, 1);
  EXPECT_FALSE(taken(line, {max, max}, max / 2));
  EXPECT_FALSE(taken(line, {max, 0}, kInf));
  // Only the infinity on the side that a sum can leave, and NaN only where it can leave both.
  EXPECT_FALSE(taken(line, {max, max}, -kInf));
  EXPECT_FALSE(taken(line, {max, max}, kNan));
  EXPECT_TRUE(taken(line, {-max, -max}, -kInf));
  EXPECT_FALSE(taken(line, {-max, -max}, kInf));
  EXPECT_TRUE(taken(average("f32", 2, "/div:-2"), {max, max}, -kInf));
  EXPECT_FALSE(taken(average("f32", 2, "/div:-2"), {max, max}, kInf));
  const std::vector<double> both = {max, max, -max, -max};
  for (const double got : {kInf, -kInf, kNan, 0.0})
    EXPECT_TRUE(taken(average("f32", 4), both, got)) << got;
  EXPECT_FALSE(taken(average("f32", 4), {max, max, -max / 2, max}, -kInf));
  EXPECT_FALSE(taken(average("f32", 4), {max, max, -max / 2, max}, kNan));
  // f64 has an accumulator of its own
  const double max64 = std::numeric_limits<double>::max();
  EXPECT_TRUE(taken(average("f64", 2), {max64, max64}, kInf));
  EXPECT_FALSE(taken(average("f64", 2), {max, max}, kInf));
}

TEST(Range, f16_sums_do_not_overflow_in_f32) {
  EXPECT_TRUE(taken(average("f16", 2), {65504, 65504}, 65504));
  EXPECT_FALSE(taken(average("f16", 2), {65504, 65504}, kInf));
  EXPECT_FALSE(taken(average("f16", 2), {65504, 65504}, kNan));
  // but the result may: 131008 / 1
  EXPECT_TRUE(taken(average("f16", 2, "/div:1"), {65504, 65504}, kInf));
  EXPECT_FALSE(taken(average("f16", 2, "/div:1"), {65504, 65504}, 65504));
}

TEST(Range, flushed_subnormals_are_accepted_and_counted_where_the_accumulator_has_them) {
  const double tiny = 100 * 0x1p-149;
  EXPECT_TRUE(taken(average("f32", 2), {tiny, tiny}, tiny));
  EXPECT_EQ(judged(average("f32", 2), {tiny, tiny}, tiny).out_of_range, 0);
  EXPECT_EQ(judged(average("f32", 2), {tiny, tiny}, 0).out_of_range, 1);
  EXPECT_FALSE(taken(average("f32", 2), {tiny, tiny}, 0x1p-120));
  // f16's subnormals are ordinary numbers of f32.
  EXPECT_TRUE(taken(average("f16", 2), {0x1p-20, 0x1p-20}, 0x1p-20));
  EXPECT_FALSE(taken(average("f16", 2), {0x1p-20, 0x1p-20}, 0));
  EXPECT_FALSE(taken(average("f16", 2), {0x1p-20, 0x1p-20}, 0x1p-20 + 0x1p-24));
}

TEST(Range, lp_powers_overflow_and_flush) {
  const std::string line = "lp/global/f32/nchw/src:1x1x2/norm:2";
  EXPECT_EQ(judged(line, {0x1p70, 0}, 0x1p70).out_of_range, 0);
  EXPECT_EQ(judged(line, {0x1p70, 0}, kInf).out_of_range, 1);
  EXPECT_FALSE(taken(line, {0x1p70, 0}, 0x1p69));
  EXPECT_FALSE(taken(line, {0x1p70, 0}, -kInf));
  EXPECT_FALSE(taken(line, {0x1p70, 0}, kNan));
  EXPECT_FALSE(taken(line, {0x1p60, 0}, kInf));
  EXPECT_TRUE(taken(line, {0x1p-70, 0}, 0x1p-70));
  EXPECT_EQ(judged(line, {0x1p-70, 0}, 0).out_of_range, 1);
  EXPECT_FALSE(taken(line, {0x1p-63, 0}, 0));  // its square is the smallest normal number
  EXPECT_FALSE(taken(line, {0x1p-70, 0}, 0x1p-60));
}

TEST(Range, zeros_give_zero) {
  for (const double wrong : {8 * 0x1p-149, 0x1p-130, 0x1p-70}) {
    EXPECT_FALSE(taken(average("f32", 2), {0, 0}, wrong));
    EXPECT_FALSE(taken("lp/global/f32/nchw/src:1x1x2/norm:2", {0, 0}, wrong));
    EXPECT_FALSE(taken("lp/global/f32/nchw/src:1x1x2/norm:3/mean", {0, -0.0}, wrong));
  }
  EXPECT_TRUE(taken("lp/global/f32/nchw/src:1x1x2/norm:2", {0, 0}, 0));
}

TEST(Range, infinities_among_the_taps_say_what_must_come_out) {
  EXPECT_TRUE(taken(average("f32", 2), {kInf, 1}, kInf));
  EXPECT_FALSE(taken(average("f32", 2), {kInf, 1}, std::numeric_limits<float>::max()));
  EXPECT_FALSE(taken(average("f32", 2), {kInf, 1}, -kInf));
  EXPECT_FALSE(taken(average("f32", 2), {kInf, -kInf}, 0));
  EXPECT_FALSE(taken(average("f32", 2), {kInf, -kInf}, kInf));
}

// The finite taps may leave the range before the infinity of the other side comes.
TEST(Range, infinities_that_meet_an_overflow) {
  constexpr double kMax = std::numeric_limits<float>::max();
  EXPECT_TRUE(taken(average("f32", 3), {kMax, kMax, -kInf}, kNan));
  EXPECT_EQ(judged(average("f32", 3), {kMax, kMax, -kInf}, kNan).out_of_range, 1);
  EXPECT_TRUE(taken(average("f32", 3), {kMax, kMax, -kInf}, -kInf));
  EXPECT_EQ(judged(average("f32", 3), {kMax, kMax, -kInf}, -kInf).out_of_range, 0);
  EXPECT_FALSE(taken(average("f32", 3), {kMax, kMax, -kInf}, kInf));
  EXPECT_FALSE(taken(average("f32", 3), {kMax / 2, 1, -kInf}, kNan));
  EXPECT_FALSE(taken(average("f32", 3), {-kMax, -kMax, -kInf}, kNan));
  EXPECT_FALSE(taken(average("f32", 3), {kMax, kMax, kInf}, kNan));
  EXPECT_TRUE(taken(average("f32", 3), {-kMax, kInf, -kMax}, kNan));
  EXPECT_FALSE(taken("lp/global/f32/nchw/src:1x1x3/norm:1", {kMax, kMax, -kInf}, kNan));
}

}  // namespace
}  // namespace poolbench
