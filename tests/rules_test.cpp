// Rule sets: each rule's example is right by it and wrong by host/spec.md, and the other way round.
#include "host/rules.h"

#include <cstring>
#include <set>
#include <sstream>

#include "host/compare.h"
#include "tests/support.h"
#include "tests/text_files.h"

namespace poolbench {
namespace {

std::vector<double> numbers(std::string_view text) {
  std::vector<double> values;
  std::istringstream stream{std::string(text)};
  for (std::string word; stream >> word;) values.push_back(std::stod(word));
  return values;
}

// Judges an output, or, as `indices: 1 2`, the indices of the maxima that host/spec.md has.
Comparison judged(const Problem& problem, std::string_view input, std::string_view output,
                  const RuleSet* rules) {
  constexpr std::string_view kIndices = "indices: ";
  const auto src = encoded(problem.dtype(), numbers(input));
  std::vector<std::byte> dst;
  std::vector<int64_t> indices;
  if (output.starts_with(kIndices)) {
    dst = right_answer(problem, src).dst;
    for (const double index : numbers(output.substr(kIndices.size())))
      indices.push_back(int64_t(index));
  } else {
    dst = encoded(problem.dtype(), numbers(output));
  }
  return compare(problem, src.data(), dst.data(), problem.spec().indices ? indices.data() : nullptr,
                 1, kFullJudgementTaps, {}, rules);
}

TEST(Rules, each_example_is_right_by_its_rule_alone) {
  for (const Rule& rule : all_rules()) {
    SCOPED_TRACE(fmt::format("{} {}", rule.set, rule.name));
    const RuleSet rules(rule.set);
    const auto& [text, input, output, spec] = rule.example;
    const Problem problem = parse_problem(text);
    EXPECT_FALSE(judged(problem, input, output, nullptr).ok());
    EXPECT_TRUE(judged(problem, input, spec, nullptr).ok());
    const Comparison by_rule = judged(problem, input, output, &rules);
    EXPECT_TRUE(by_rule.ok());
    EXPECT_TRUE(by_rule.known_differences.contains(fmt::format("{}: {}", rule.name, rule.reason)));
    // Where the text is silent, host/spec.md's value is one of those that are right.
    const bool open = rule.name.starts_with("max_nan_");
    EXPECT_EQ(judged(problem, input, spec, &rules).ok(), open);
  }
}

TEST(Rules, an_output_that_no_rule_gives_is_wrong) {
  const RuleSet onednn("onednn"), onnx("onnx"), torch("torch");
  const Problem max = parse_problem("max/sliding/f32/nchw/src:1x1x4/k:2");
  EXPECT_FALSE(judged(max, "1 nan 2 3", "2 3", &onednn).ok());
  EXPECT_FALSE(judged(max, "1 nan 2 3", "2 3", &onnx).ok());
  EXPECT_FALSE(judged(max, "1 2 3 4", "2 3", &onnx).ok());
  const Problem lp = parse_problem("lp/sliding/f32/nchw/src:1x1x3/k:2/ceil/norm:1");
  EXPECT_FALSE(judged(lp, "-1 2 3", "1 3", &torch).ok());
}

TEST(Rules, what_no_rule_changes_is_judged_by_the_spec) {
  const Problem average = parse_problem("avg_include_pad/sliding/f32/nchw/src:1x1x4/k:2");
  const Problem whole = parse_problem("avg_include_pad/sliding/i8/nchw/src:1x1x3/k:2/ceil");
  for (const char* name : {"onnx", "torch", "onednn", "tflite"}) {
    const RuleSet rules(name);
    const Comparison right = judged(average, "1 2 3 4", "1.5 3.5", &rules);
    EXPECT_TRUE(right.ok() && right.known_differences.empty()) << name;
    EXPECT_FALSE(judged(average, "1 2 3 4", "1.5 3", &rules).ok()) << name;
  }
  const RuleSet onednn("onednn");
  EXPECT_TRUE(judged(whole, "1 2 5", "2 2", &onednn).ok());  // ties still go to even
}

TEST(Rules, nan_alone_and_windows_without_a_number) {
  const RuleSet onednn("onednn");
  const Problem max = parse_problem("max/sliding/f32/nchw/src:1x1x4/k:2");
  EXPECT_TRUE(
      judged(max, "nan nan nan -inf", "-3.4028234663852886e38 -3.4028234663852886e38", &onednn)
          .ok());
}

TEST(Rules, signs_that_cancel_keep_the_errors_of_their_terms) {
  const RuleSet torch("torch");
  const Problem lp = parse_problem("lp/sliding/f32/nchw/src:1x1x4/k:4/norm:3");
  EXPECT_TRUE(judged(lp, "1 2 3 4", "4.6415888", &torch).ok());
  EXPECT_TRUE(judged(lp, "-3 -3 4 1", "2.2239801", &torch).ok());  // cube root of 11
  EXPECT_TRUE(judged(lp, "-3 -3 -4 1", "nan", &torch).ok());
}

TEST(Rules, an_unknown_set_is_refused_with_the_known_ones) {
  EXPECT_TRUE(has(refusal([] { RuleSet("caffe"); }),
                  "rules: 'caffe' is unknown; one of onnx, torch, onednn, tflite"));
}

}  // namespace
}  // namespace poolbench
