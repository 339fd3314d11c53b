// The oracle against numbers from textbooks, from other libraries and worked by hand.
#include "host/reference.h"

#include <cmath>
#include <limits>

#include "host/fuzz.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Golden {
  std::string line;  // without type and layout
  std::vector<double> input;
  std::vector<double> output;
  std::vector<int64_t> indices = {};
};

// In f64 and f32 (where `input` fits), channels first and last. Printed digits are 8 or 9.
void expect_golden(const Golden& golden) {
  for (const DType dtype : {DType::kF64, DType::kF32})
    for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
      const Problem problem = parse_problem(golden.line, {dtype, layout});
      SCOPED_TRACE(to_text(problem));
      ASSERT_EQ(static_cast<int64_t>(golden.input.size()), problem.src_count());
      std::vector<double> input = golden.input;
      if (layout == Layout::kChannelsLast) {
        const int64_t size = problem.src_count() / problem.planes();
        for (int64_t plane = 0; plane < problem.planes(); ++plane)
          for (int64_t i = 0; i < size; ++i)
            input[(plane / problem.c() * size + i) * problem.c() + plane % problem.c()] =
                golden.input[plane * size + i];
      }
      const ExpectedOutputs outputs = expected_outputs(problem, encoded(dtype, input));
      ASSERT_EQ(outputs.values.size(), golden.output.size());
      for (size_t i = 0; i < golden.output.size(); ++i) {
        if (std::isnan(golden.output[i]))
          EXPECT_TRUE(std::isnan(outputs.values[i])) << "output " << i;
        else if (std::isinf(golden.output[i]))
          EXPECT_EQ(outputs.values[i], golden.output[i]) << "output " << i;
        else
          EXPECT_NEAR(outputs.values[i], golden.output[i], 1e-7 * (1 + std::fabs(golden.output[i])))
              << "output " << i;
      }
      EXPECT_TRUE(golden.indices.empty() || outputs.indices == golden.indices);
    }
}

const std::vector<double> kTwoByTwo = {6, 8, 14, 16};

TEST(Textbook, sliding_max_and_average) {
  const auto from_0 = [](int64_t count) { return counted(0, count); };
  const auto from_1 = [](int64_t count) { return counted(1, count); };
  for (const Golden& golden : std::vector<Golden>{
           {"max/sliding/src:1x1x3x3/k:2x2/s:1x1", from_0(9), {4, 5, 7, 8}},
           {"avg_include_pad/sliding/src:1x1x3x3/k:2x2/s:1x1", from_0(9), {2, 3, 5, 6}},
           {"max/sliding/src:1x1x4x4/k:2x2", from_0(16), {5, 7, 13, 15}},
           {"max/sliding/src:1x1x4x4/k:3x3/p:1x1", from_0(16), {5, 7, 13, 15}},
           {"max/sliding/src:1x1x4x4/k:3x3", from_0(16), {10}},
           {"max/sliding/src:1x1x4x4/k:3x3/s:2x2/p:1x1", from_0(16), {5, 7, 13, 15}},
           {"max/sliding/src:1x1x4x4/k:2x3/s:2x3/p:0x1", from_0(16), {5, 7, 13, 15}},
           {"max/sliding/src:1x1x4x4/k:2x2",
            {1, 3, 2, 4, 5, 6, 7, 8, 9, 2, 1, 0, 3, 4, 5, 6},
            {6, 8, 9, 6}},
           {"max/sliding/src:1x1x5x5/k:2x2/s:3x3",
            {1, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 3, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 1},
            {1, 3, 3, 1}},
           {"avg_include_pad/sliding/src:1x1x5x5/k:2x2/s:3x3",
            {1, 0, 1, 0, 2, 0, 1, 0, 3, 0, 1, 0, 3, 0, 1, 0, 3, 0, 1, 0, 2, 0, 1, 0, 1},
            {.5, 1.25, 1.25, .5}},
           {"max/sliding/src:1x1x4x4/k:2x2", from_1(16), kTwoByTwo},
           {"avg_include_pad/sliding/src:1x1x4x4/k:2x2", from_1(16), {3.5, 5.5, 11.5, 13.5}},
           {"max/sliding/src:1x1x7x7/k:2x2", from_0(49), {8, 10, 12, 22, 24, 26, 36, 38, 40}},
       })
    expect_golden(golden);
}

TEST(Textbook, two_channels) {
  std::vector<double> input = counted(0, 16);
  for (int i = 0; i < 16; ++i) input.push_back(i + 1);
  expect_golden({"max/sliding/src:1x2x4x4/k:3x3/s:2x2/p:1x1",
                 input,
                 {5, 7, 13, 15, 6, 8, 14, 16},
                 {5, 7, 13, 15, 5, 7, 13, 15}});
}

TEST(Textbook, global_adaptive_and_fractional) {
  expect_golden({"avg_include_pad/global/src:1x1x4x4", counted(1, 16), {8.5}});
  expect_golden({"max/adaptive/src:1x1x4x4/out:3x4",
                 counted(1, 16),
                 {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}});
  const std::vector<double> printed = {8, 10, 13, 29, 31, 34, 43, 45, 48};
  const std::vector<int64_t> places(printed.begin(), printed.end());
  expect_golden({"max/fractional/src:1x1x7x7/k:2x2/out:3x3/samples:0.3x0.1", counted(0, 49),
                 printed, places});
}

TEST(Max, indices_are_places_in_the_plane) {
  expect_golden({"max/sliding/src:2x2x2x2/k:2x2", counted(1, 16), {4, 8, 12, 16}, {3, 3, 3, 3}});
  // The last of 2 x 3 x 4 cells: (1, 2, 3)
  expect_golden({"max/global/src:1x1x2x3x4", counted(1, 24), {24}, {23}});
}

TEST(Max, ties_give_the_first) {
  expect_golden({"max/sliding/src:1x1x2x4/k:2x2", {1, 7, 7, 7, 7, 7, 7, 7}, {7, 7}, {1, 2}});
  expect_golden({"max/global/src:1x1x3", {-0.0, 0.0, -0.0}, {0}, {0}});
}

TEST(Max, nan_wins_and_the_last_one_is_reported) {
  expect_golden({"max/sliding/src:1x1x2x2/k:2x2", {1, kNan, 5, kNan}, {kNan}, {3}});
  expect_golden({"max/sliding/src:1x1x2x2/k:2x2", {kNan, 1, 5, 2}, {kNan}, {0}});
  expect_golden({"max/sliding/src:1x1x2x2/k:2x2", {kInf, kNan, 5, kInf}, {kNan}, {1}});
}

// Every rule of max, mirrored.
TEST(Min, mirrors_max) {
  expect_golden({"min/sliding/src:1x1x3x3/k:2x2/s:1x1", counted(0, 9), {0, 1, 3, 4}, {}});
  expect_golden({"min/sliding/src:1x1x4/k:4/idx", {2, 1, 1, 2}, {1}, {1}});
  expect_golden({"min/sliding/src:1x1x4/k:4/idx", {kNan, 1, kNan, 5}, {kNan}, {2}});
  expect_golden({"min/sliding/src:1x1x2/k:3/s:1/p:1", {7, 9}, {7, 7}});  // padding is no 0
  expect_golden({"min/sliding/src:1x1x1/k:2/s:1/p:1/d:2/idx", {7}, {kInf}, {-1}});
  expect_golden({"min/global/src:1x1x3", {kInf, kInf, kInf}, {kInf}});
}

TEST(Max, all_negative_beside_padding_stays_negative) {
  expect_golden({"max/sliding/src:1x1x3/k:3/s:1/p:1", {-5, -3, -4}, {-3, -3, -3}, {1, 1, 1}});
  expect_golden({"max/sliding/src:1x1x3/k:3/s:1/p:1",
                 {-kInf, -kInf, -kInf},
                 {-kInf, -kInf, -kInf},
                 {0, 0, 1}});
}

TEST(EmptyWindow, lowest_and_index_minus_one_or_zero) {
  expect_golden({"max/sliding/src:1x1x1/k:2/s:1/p:1/d:2", {3}, {-kInf}, {-1}});
  expect_golden({"avg_include_pad/sliding/src:1x1x1/k:2/s:1/p:1/d:2", {3}, {0}});
  expect_golden({"avg_exclude_pad/sliding/src:1x1x1/k:2/s:1/p:1/d:2", {3}, {0}});
  expect_golden({"avg_include_pad/sliding/src:1x1x1/k:2/s:1/p:1/d:2/div:4", {3}, {0}});
  expect_golden({"lp/sliding/src:1x1x1/k:2/s:1/p:1/d:2/norm:2", {3}, {0}});
  expect_golden({"lp/sliding/src:1x1x1/k:2/s:1/p:1/d:2/norm:3/mean", {3}, {0}});
  expect_golden({"lp/sliding/src:1x1x1/k:2/s:1/p:1/d:2/norm:inf", {3}, {0}});
  const struct {
    DType dtype;
    double lowest;
  } rows[] = {{DType::kI8, -128},
              {DType::kU8, 0},
              {DType::kI32, -2147483648.0},
              {DType::kI16, -32768},
              {DType::kI64, -0x1p63}};
  for (const auto& row : rows) {
    const auto problem =
        parse_problem("max/sliding/src:1x1x1/k:2/s:1/p:1/d:2", {row.dtype, Layout::kChannelsFirst});
    const auto outputs = expected_outputs(problem, encoded(row.dtype, {3}));
    EXPECT_EQ(outputs.values[0], row.lowest);
    EXPECT_EQ(outputs.indices[0], -1);
  }
}

TEST(Average, divisor_in_ceil_mode) {
  const std::string line = "_pad/sliding/src:1x1x6/k:3/s:2/p:1";
  expect_golden({"avg_include" + line + "/ceil", counted(1, 6), {1, 3, 5, 3}});
  expect_golden({"avg_exclude" + line + "/ceil", counted(1, 6), {1.5, 3, 5, 6}});
  expect_golden({"avg_include" + line, counted(1, 6), {1, 3, 5}});
  expect_golden({"avg_include_pad/sliding/src:1x1x5/k:2/ceil", counted(1, 5), {1.5, 3.5, 5}});
  expect_golden({"avg_include_pad/sliding/src:1x1x7x7/k:2x2/s:3x3/ceil",
                 counted(0, 49),
                 {4, 7, 9.5, 25, 28, 30.5, 42.5, 45.5, 48}});
  // Where ONNX's reference evaluator shifts the windows
  expect_golden({"avg_include_pad/sliding/src:1x1x4/k:3/ceil", counted(1, 4), {2, 4}});
  expect_golden({"avg_include_pad/sliding/src:1x1x9/k:4/ceil", counted(1, 9), {2.5, 6.5, 9}});
}

TEST(Average, two_axes_in_ceil_mode) {
  const std::string line = "_pad/sliding/src:1x1x6x6/k:3x3/s:2x2/p:1x1/ceil";
  expect_golden({"avg_include" + line,
                 counted(1, 36),
                 {2, 4, 16. / 3, 3, 9, 15, 17, 9, 17, 27, 29, 15, 10.5, 16.5, 17.5, 9}});
  expect_golden({"avg_exclude" + line,
                 counted(1, 36),
                 {4.5, 6, 8, 9, 13.5, 15, 17, 18, 25.5, 27, 29, 30, 31.5, 33, 35, 36}});
  expect_golden({"max" + line.substr(4),
                 counted(1, 36),
                 {8, 10, 12, 12, 20, 22, 24, 24, 32, 34, 36, 36, 32, 34, 36, 36},
                 {7, 9, 11, 11, 19, 21, 23, 23, 31, 33, 35, 35, 31, 33, 35, 35}});
}

TEST(Average, pad_only_end) {
  expect_golden({"avg_include_pad/sliding/src:1x1x5/k:3/s:2/p:0-2", counted(1, 5), {2, 4, 5. / 3}});
}

TEST(Average, same_lower) {
  expect_golden(
      {"avg_exclude_pad/sliding/src:1x1x6/k:3/s:2/same_lower", counted(1, 6), {1.5, 3, 5}});
  expect_golden({"max/sliding/src:1x1x6/k:3/s:2/same_upper", counted(1, 6), {3, 5, 6}});
  expect_golden({"max/sliding/src:1x1x6/k:3/s:2/same_lower", counted(1, 6), {2, 4, 6}});
  expect_golden({"max/sliding/src:1x1x7/k:3/s:2/same_lower", counted(1, 7), {2, 4, 6, 7}});
}

TEST(Average, given_divisor) {
  const std::string line = "avg_include_pad/sliding/src:1x1x4x4/k:2x2/div:";
  expect_golden({line + "3", counted(1, 16), {14. / 3, 22. / 3, 46. / 3, 18}});
  expect_golden({line + "-2", counted(1, 16), {-7, -11, -23, -27}});
}

TEST(Average, padding_excluded_or_not_on_ones) {
  const std::vector<double> ones(16, 1);
  expect_golden(
      {"avg_include_pad/sliding/src:1x1x4x4/k:3x3/s:2x2/p:1x1", ones, {4. / 9, 6. / 9, 6. / 9, 1}});
  expect_golden({"avg_exclude_pad/sliding/src:1x1x4x4/k:3x3/s:2x2/p:1x1", ones, {1, 1, 1, 1}});
}

TEST(Average, infinities_and_nan_propagate) {
  expect_golden({"avg_include_pad/sliding/src:1x1x6/k:2",
                 {kInf, 1, kInf, -kInf, kNan, 1},
                 {kInf, kNan, kNan}});
}

// Exact, where running sums in f32 are off by 6e-4.
TEST(Average, many_equal_taps) {
  const auto problem = parse_problem("avg_include_pad/global/f32/nchw/src:1x1x256x256");
  const auto outputs = expected_outputs(problem, encoded(DType::kF32, std::vector(65536, 0.1)));
  EXPECT_NEAR(outputs.values[0], 0.1f, 1e-15);
}

TEST(Average, integers_round_half_to_even_and_saturate) {
  const auto average = [](DType dtype, const std::string& rest, const std::vector<double>& input) {
    const auto problem =
        parse_problem(fmt::format("avg_include_pad/sliding/src:1x1x{}/{}", input.size(), rest),
                      {dtype, Layout::kChannelsFirst});
    return expected_outputs(problem, encoded(dtype, input)).values;
  };
  using Values = std::vector<double>;
  EXPECT_EQ(average(DType::kI8, "k:2", {2, 3, 1, 2, -2, -3, 3, 4, -3, -4}),
            (Values{2, 2, -2, 4, -4}));
  EXPECT_EQ(average(DType::kI8, "k:4", {2, 3, 3, 3}), (Values{3}));  // 11 / 4
  EXPECT_EQ(average(DType::kI8, "k:4", {-2, -3, -3, -3}), (Values{-3}));
  EXPECT_EQ(average(DType::kI8, "k:2/div:1", {127, 127, -128, -128}), (Values{127, -128}));
  EXPECT_EQ(average(DType::kI8, "k:2/div:-2", {2, 3, -128, -128}), (Values{-2, 127}));
  EXPECT_EQ(average(DType::kU8, "k:2", {255, 255, 254, 255, 0, 1}), (Values{255, 254, 0}));
  EXPECT_EQ(average(DType::kU8, "k:2/div:-1", {1, 2}), (Values{0}));
  EXPECT_EQ(average(DType::kU8, "k:2/div:1", {200, 100}), (Values{255}));
  // the 17 x 17 of 255 that a 16-bit accumulator turns into 28
  const auto problem = parse_problem("avg_include_pad/global/u8/nchw/src:1x1x17x17");
  EXPECT_EQ(expected_outputs(problem, encoded(DType::kU8, Values(289, 255))).values, Values{255});
}

TEST(Adaptive, averages_of_0_to_9) {
  expect_golden({"avg_include_pad/adaptive/src:1x1x10/out:4", counted(0, 10), {1, 3, 6, 8}});
  expect_golden({"avg_include_pad/adaptive/src:1x1x10/out:13",
                 counted(0, 10),
                 {0, .5, 1.5, 2.5, 3, 3.5, 4.5, 5.5, 6, 6.5, 7.5, 8.5, 9}});
}

TEST(Lp, sum_and_mean_form_goldens) {
  const struct {
    const char* norm;
    std::vector<double> output;
  } rows[] = {
      {"1", {14, 22, 46, 54}},
      {"2", {8.1240387, 11.7473402, 23.3666420, 27.3129997}},
      {"3", {7.0472989, 9.8166590, 18.8238564, 21.9184303}},
      {"1/mean", {3.5, 5.5, 11.5, 13.5}},
      {"2/mean", {4.0620193, 5.8736701, 11.6833210, 13.6564999}},
      {"3/mean", {4.4395199, 6.1841078, 11.8582868, 13.8077459}},
      {"inf", {6, 8, 14, 16}},
      {"inf/mean", {6, 8, 14, 16}},
  };
  for (const auto& row : rows)
    expect_golden({fmt::format("lp/sliding/src:1x1x4x4/k:2x2/norm:{}", row.norm), counted(1, 16),
                   row.output});
  expect_golden(
      {"lp/sliding/src:1x1x2x4/k:2x2/norm:2/mean", {0, 6, 2, 4, 3, 2, 10, 7}, {3.5, 6.5}});
}

TEST(Lp, half_is_the_square_of_the_sum_of_roots) {
  expect_golden({"lp/sliding/src:1x1x4/k:2/norm:0.5", {1, 4, 9, 16}, {9, 49}});
  expect_golden({"lp/sliding/src:1x1x4/k:2/norm:0.5/mean", {1, 4, 9, 16}, {2.25, 12.25}});
}

TEST(Lp, takes_absolute_values) {
  const std::vector<double> input = {-1, 2, -3, 4};
  expect_golden({"lp/global/src:1x1x4/norm:1", input, {10}});
  expect_golden({"lp/global/src:1x1x4/norm:3", input, {4.6415888}});
  expect_golden({"lp/global/src:1x1x4/norm:inf", {-1, 2, -5, 4}, {5}});
  expect_golden({"lp/global/src:1x1x4/norm:1.5", {-4, 0, 0, 0}, {4}});
}

TEST(Lp, counts_real_taps_only) {
  const std::vector<double> ones(5, 1);
  expect_golden({"lp/sliding/src:1x1x5/k:2/ceil/norm:1", ones, {2, 2, 1}});
  expect_golden({"lp/sliding/src:1x1x5/k:2/ceil/norm:1/mean", ones, {1, 1, 1}});
  expect_golden({"lp/sliding/src:1x1x5/k:2/ceil/norm:2", {3, 4, 3, 4, 12}, {5, 5, 12}});
  expect_golden({"lp/sliding/src:1x1x3/k:3/s:1/p:1/norm:2", {3, 4, 12}, {5, 13, 12.649110641}});
  expect_golden({"lp/sliding/src:1x1x3/k:3/s:1/p:1/norm:2/mean",
                 {3, 4, 12},
                 {3.535533906, 7.505553499, 8.944271910}});
}

TEST(Lp, infinities_and_nan) {
  expect_golden({"lp/sliding/src:1x1x6/k:2/norm:2", {kNan, 1, -kInf, 1, 0, 0}, {kNan, kInf, 0}});
  expect_golden(
      {"lp/sliding/src:1x1x6/k:2/norm:inf", {kNan, 1, -kInf, 1, 1, kNan}, {kNan, kInf, kNan}});
}

TEST(Lp, integers_are_not_rounded_by_the_oracle_and_reach_beyond_the_type) {
  const auto problem = parse_problem("lp/global/i8/nchw/src:1x1x3/norm:2");
  EXPECT_NEAR(expected_outputs(problem, encoded(DType::kI8, {-128, -128, 1})).values[0],
              std::sqrt(32769.0), 1e-12);
}

TEST(Expected, says_what_a_tolerance_needs) {
  const auto problem = parse_problem("avg_exclude_pad/sliding/f32/nchw/src:1x1x6/k:3/s:2/p:1/ceil");
  const auto src = encoded(DType::kF32, {-1, 2, -3, 4, 5, 6});
  const Expected first = Reference(problem, src.data()).at(0, {0, 0, 0});
  EXPECT_EQ(first.taps, 2);
  EXPECT_EQ(static_cast<double>(first.value), 0.5);
  EXPECT_EQ(static_cast<double>(first.magnitude), 1.5);
  EXPECT_EQ(static_cast<double>(first.largest_partial), 3);
  const auto lp = parse_problem("lp/sliding/f32/nchw/src:1x1x6/k:3/norm:2");
  const Expected second = Reference(lp, src.data()).at(0, {0, 0, 1});
  EXPECT_EQ(second.taps, 3);
  EXPECT_EQ(static_cast<double>(second.largest_partial), 77);
  EXPECT_EQ(static_cast<double>(second.smallest_term), 16);
}

// Kernels as long as no loop may be: tap and divisor follow from arithmetic.
TEST(HugeWindow, is_clipped_to_the_input) {
  const std::string huge = "/sliding/src:1x1x8/k:1000000000000";
  const std::string half = huge + "/s:1000000000000/p:500000000000";
  for (const std::string& window : {half, huge + "/s:1/p:999999999996-0"}) {
    SCOPED_TRACE(window);
    const auto last = [&](const std::string& reduction, const std::string& tail) {
      const Problem problem =
          parse_problem(reduction + window + tail, {DType::kF64, Layout::kChannelsFirst});
      const auto outputs =
          expected_outputs(problem, encoded(DType::kF64, {1, -2, 3, 4, 8, 7, 6, 5}));
      return std::pair(outputs.values.back(), outputs.indices.back());
    };
    EXPECT_EQ(last("max", "/idx"), std::pair(8.0, int64_t{4}));
    EXPECT_DOUBLE_EQ(last("avg_exclude_pad", "").first, 4);
    EXPECT_DOUBLE_EQ(last("avg_include_pad", "").first, 32e-12);
    EXPECT_DOUBLE_EQ(last("avg_include_pad", "/div:2").first, 16);
    EXPECT_DOUBLE_EQ(last("lp", "/norm:1").first, 36);
  }
  // Taps 10^9 apart, of which each window has one inside.
  expect_golden(
      {"max/sliding/src:1x1x8/k:1000000/d:1000000000/s:1/p:500000000000000-499998999999998",
       counted(0, 8),
       {0, 1, 2, 3, 4, 5},
       {0, 1, 2, 3, 4, 5}});
}

// Every output is the same whether its taps are joined one by one or with the whole plane's.
TEST(FoldedPlane, is_the_plane_output_by_output) {
  for (uint64_t i = 0; i < 3000; ++i) {
    const FuzzCase fuzz = fuzz_case(3, i);
    const Problem& problem = fuzz.problem;
    SCOPED_TRACE(to_text(problem) + " --fill " + std::string(fill_name(fuzz.fill)));
    const auto src = filled(problem, fuzz.fill, fuzz.fill_seed);
    const Reference one_by_one(problem, src.data());
    Reference folded(problem, src.data());
    const Extents out = problem.dst();
    for (int64_t plane = 0; plane < problem.planes(); ++plane) {
      folded.fold(plane);
      for (int64_t at = 0; at < out[0] * out[1] * out[2]; ++at) {
        const Extents o = {at / (out[1] * out[2]), at / out[2] % out[1], at % out[2]};
        const Expected a = one_by_one.at(plane, o), b = folded.at(plane, o);
        ASSERT_EQ(a.index, b.index);
        ASSERT_EQ(a.taps, b.taps);
        ASSERT_EQ(a.integer, b.integer);
        ASSERT_EQ(a.smallest_term, b.smallest_term);
        ASSERT_TRUE(a.value == b.value || (std::isnan(a.value) && std::isnan(b.value)) ||
                    std::fabs(a.value - b.value) <= 1e-13L * a.magnitude)
            << double(a.value) << " and " << double(b.value);
      }
    }
  }
}

TEST(Planes, each_reads_its_own) {
  // Plane p holds 100 p + place; one window a plane, whose maximum is its last cell.
  std::vector<double> input;
  for (int plane = 0; plane < 6; ++plane)
    for (int i = 0; i < 4; ++i) input.push_back(100 * plane + i);
  expect_golden({"max/global/src:2x3x2x2", input, {3, 103, 203, 303, 403, 503}});
  expect_golden(
      {"avg_include_pad/global/src:2x3x2x2", input, {1.5, 101.5, 201.5, 301.5, 401.5, 501.5}});
}

}  // namespace
}  // namespace poolbench
