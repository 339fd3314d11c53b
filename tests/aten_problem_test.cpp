// What the peer aten refuses, and its known differences. Runs without the library.
#include "host/peers/aten_problem.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support.h"

namespace poolbench {
namespace {

std::string refusal(const std::string& problem, bool on_cuda) {
  try {
    require_expressible_in_aten(parse_problem(problem), on_cuda);
    return "";
  } catch (const Refused& refused) {
    const std::string reason = refused.what();
    return reason.substr(0, reason.find(':'));
  }
}

TEST(AtenProblem, refuses_by_the_parameters_name) {
  const struct {
    const char *problem, *parameter;
  } kCases[] = {
      {"avg_include_pad/adaptive/f32/nchw/src:1x8x9x9/out:4x4/div:3", "div"},
      {"lp/adaptive/f32/nchw/src:1x8x9x9/out:4x4/norm:2", "windowing"},
      {"avg_include_pad/fractional/f32/nchw/src:1x8x9x9/k:2x2/out:4x4", "reduction"},
      {"max/fractional/f32/nhwc/src:1x8x9x9/k:2x2/out:4x4", "layout"},
      {"max/sliding/f32/nchw/src:1x8x8x8/k:2x2/p:0x0-1x1", "p"},
      {"max/sliding/f32/nchw/src:1x8x8x8/k:3x3/p:2x2", "p"},
      {"avg_include_pad/sliding/f32/nchw/src:1x8x8x8/k:2x2/d:2x2", "d"},
      {"max/sliding/f32/nchw/src:1x8x1x1/k:2x2/s:1x1/p:1x1/d:2x2", "d"},
      {"lp/sliding/f32/nchw/src:1x8x8x8/k:2x2/norm:3", "norm"},
      {"lp/sliding/f16/nchw/src:1x8x8x8/k:2x2/norm:2", "type"},
  };
  for (const auto& c : kCases)
    for (const bool on_cuda : {false, true})
      EXPECT_EQ(refusal(c.problem, on_cuda), c.parameter) << c.problem;
  EXPECT_EQ(refusal("max/sliding/f32/nchw/src:1x8x8x8/k:3x3/p:1x1/d:2x2/idx", false), "");
}

TEST(AtenProblem, types_that_only_the_host_computes_too_coarsely) {
  for (const char* problem : {"avg_include_pad/adaptive/f16/nchw/src:1x8x9x9x9/out:4x4x4",
                              "max/fractional/bf16/nchw/src:1x8x9x9/k:2x2/out:4x4",
                              "lp/global/f16/nchw/src:1x8x9x9/norm:2"}) {
    EXPECT_EQ(refusal(problem, false), "type") << problem;
    EXPECT_EQ(refusal(problem, true), "") << problem;
  }
}

TEST(AtenProblem, samples_whose_windows_differ_in_f32_are_refused) {
  const std::string start = "max/fractional/f32/nchw/src:1x1x7/k:2/out:3/samples:";
  EXPECT_NO_THROW(require_windows_of_aten(parse_problem(start + "0.25")));
  // trunc((1 + u) 5 / 2) - trunc(u 5 / 2) with u just below 0.8, which f32 rounds up to 0.8.
  EXPECT_THROW(require_windows_of_aten(parse_problem(start + "0.7999999999999999")), Refused);
}

// Returns the rule that explains the first output of a problem.
std::string rule(const std::string& problem, const std::vector<double>& src, const Point& point,
                 bool on_cuda = false) {
  const Problem parsed = parse_problem(problem);
  const auto bytes = encoded(parsed.dtype(), src);
  return fitting_rule(aten_differences(parsed, bytes.data(), point, on_cuda), parsed, bytes.data(),
                      point);
}

TEST(AtenProblem, an_index_without_its_depth) {
  const std::string problem = "max/sliding/i8/nhwc/src:1x1x2x1x2/k:1x1x2/idx";
  Point point;
  point.expected = point.got = -128;
  point.output = {1, 0, 0};
  point.expected_index = 2;
  point.got_index = 0;
  EXPECT_EQ(rule(problem, {-128, -128, -128, -128}, point), "lowest_lacks_depth");
  EXPECT_EQ(rule(problem, {-128, -128, -128, -128}, point, true), "");
  point.got_index = 1;
  EXPECT_EQ(rule(problem, {-128, -128, -128, -128}, point), "");
  point.got_index = 0;
  point.expected = point.got = -INFINITY;
  EXPECT_EQ(rule("max/sliding/f32/nhwc/src:1x1x2x1x2/k:1x1x2/idx",
                 {-INFINITY, -INFINITY, -INFINITY, -INFINITY}, point),
            "lowest_lacks_depth");
}

TEST(AtenProblem, a_running_sum_of_powers) {
  const std::string lp = "lp/global/f32/nchw/src:1x1x600/norm:0.5";
  Point point;
  point.expected = 36000;  // 600^2 * 0.1
  const std::vector<double> taps(600, 0.1);
  point.got = point.expected * (1 + 500 * 0x1p-24 / 0.5);
  EXPECT_EQ(rule(lp, taps, point), "running_sum");
  point.got = point.expected * (1 + 700 * 0x1p-24 / 0.5);
  EXPECT_EQ(rule(lp, taps, point), "");
}

TEST(AtenProblem, rules_explain_the_number_that_they_predict_and_no_other) {
  const std::string mean = "avg_include_pad/global/f16/nchw/src:1x1x2";
  Point point;
  point.expected = 40000;
  point.got = INFINITY;  // the sum is
  EXPECT_EQ(rule(mean, {40000, 40000}, point), "mean_of_rounded_sum");
  EXPECT_EQ(rule(mean, {40000, 40000}, point, true), "");
  point.got = -INFINITY;
  EXPECT_EQ(rule(mean, {40000, 40000}, point), "");
  point.got = 39000;
  EXPECT_EQ(rule(mean, {40000, 40000}, point), "");
  point.expected = INFINITY;
  EXPECT_EQ(rule(mean, {40000, INFINITY}, point), "");

  const std::string f32 = "avg_include_pad/sliding/f32/nchw/src:1x1x2/k:2";
  point.expected = 1.5;
  point.got = std::nextafterf(1.5f, 2);
  EXPECT_EQ(rule(f32, {1, 2}, point), "running_sum");
  point.got = 1.50001;
  EXPECT_EQ(rule(f32, {1, 2}, point), "");
}

}  // namespace
}  // namespace poolbench
