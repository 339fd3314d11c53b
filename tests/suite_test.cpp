// Suites and golden files: their text, their errors and what the built-in ones hold.
#include "bench/suite.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "bench/golden.h"

namespace poolbench {
namespace {

using Texts = std::vector<std::string>;

testing::AssertionResult has(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' lacks '" << part << "'";
}
testing::AssertionResult starts(const std::string& text, const std::string& part) {
  if (text.starts_with(part)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' does not start with '" << part << "'";
}

// What the call's BadInput says; fails the test when there is none.
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const BadInput& error) {
    return error.what();
  }
  ADD_FAILURE() << "no BadInput was thrown";
  return {};
}

// A folder of its own for each test, removed afterwards.
class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("poolbench_suite_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  std::filesystem::path folder_;
};

Texts texts(const std::vector<PoolProblem>& problems) {
  Texts result;
  for (const auto& problem : problems) result.push_back(to_text(problem));
  return result;
}

Extents dst(const std::string& text) {
  return dst_extents(parse_problem(text, {DType::kF32, Layout::kChannelsFirst}));
}

TEST(Sweep, line_without_braces_stays) {
  EXPECT_EQ(expand_sweep("max/sliding"), (Texts{"max/sliding"}));
  EXPECT_EQ(expand_sweep(""), (Texts{""}));
}

TEST(Sweep, alternatives_in_order_and_empty_ones) {
  EXPECT_EQ(expand_sweep("k:{2x2,3}"), (Texts{"k:2x2", "k:3"}));
  EXPECT_EQ(expand_sweep("a{,/ceil}"), (Texts{"a", "a/ceil"}));
}

TEST(Sweep, ranges) {
  EXPECT_EQ(expand_sweep("{1..3}"), (Texts{"1", "2", "3"}));
  EXPECT_EQ(expand_sweep("{1..9:+4}"), (Texts{"1", "5", "9"}));
  EXPECT_EQ(expand_sweep("{1..8:+4}"), (Texts{"1", "5"}));
  EXPECT_EQ(expand_sweep("{14..224:*2}"), (Texts{"14", "28", "56", "112", "224"}));
  EXPECT_EQ(expand_sweep("{7..7}"), (Texts{"7"}));
  EXPECT_EQ(expand_sweep("{-2..-1}"), (Texts{"-2", "-1"}));
  EXPECT_EQ(expand_sweep("{1,4..5,9}"), (Texts{"1", "4", "5", "9"}));
}

TEST(Sweep, several_multiply_out_leftmost_slowest) {
  EXPECT_EQ(expand_sweep("{a,b}-{1..2}"), (Texts{"a-1", "a-2", "b-1", "b-2"}));
}

TEST(Sweep, ends_of_int64_do_not_wrap) {
  EXPECT_EQ(expand_sweep("{9223372036854775806..9223372036854775807}"),
            (Texts{"9223372036854775806", "9223372036854775807"}));
  EXPECT_EQ(expand_sweep("{1..9223372036854775807:*4}").size(), 32u);
}

TEST(Sweep, errors_name_what_is_wrong) {
  for (const char* line : {"{1,2", "1,2}", "{a{b}}", "}{", "{1..2}}"})
    EXPECT_TRUE(has(refusal([&] { expand_sweep(line); }), "has no partner")) << line;
  EXPECT_TRUE(has(refusal([] { expand_sweep("{9..1}"); }), "runs downwards"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..9:+0}"); }), "would not end"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..9:*1}"); }), "would not end"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{0..9:*2}"); }), "would not end"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..9:-2}"); }), ":+STEP or :*FACTOR"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..9:}"); }), ":+STEP or :*FACTOR"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..x}"); }), "'x' in '1..x'"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..}"); }), "not a whole number"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..99999999}"); }), "more than"));
  EXPECT_TRUE(has(refusal([] { expand_sweep("{1..1000}{1..1000}"); }), "more than"));
}

TEST(Line, type_and_layout_come_from_the_options) {
  SuiteOptions options;
  options.dtypes = {DType::kF16, DType::kI8};
  options.layouts = {Layout::kChannelsFirst, Layout::kChannelsLast};
  EXPECT_EQ(texts(expand_line("max/sliding/src:1x1x4/k:2", options)),
            (Texts{"max/sliding/f16/nchw/src:1x1x4/k:2", "max/sliding/f16/nhwc/src:1x1x4/k:2",
                   "max/sliding/i8/nchw/src:1x1x4/k:2", "max/sliding/i8/nhwc/src:1x1x4/k:2"}));
  EXPECT_EQ(texts(expand_line("max/sliding/u8/src:1x1x4/k:2", options)),
            (Texts{"max/sliding/u8/nchw/src:1x1x4/k:2", "max/sliding/u8/nhwc/src:1x1x4/k:2"}));
  EXPECT_EQ(texts(expand_line("max/sliding/f64/nhwc/src:1x1x4/k:2", options)),
            (Texts{"max/sliding/f64/nhwc/src:1x1x4/k:2"}));
}

TEST(Line, i32_goes_to_max_alone) {
  SuiteOptions options;
  options.dtypes = {DType::kI32};
  EXPECT_EQ(expand_line("max/sliding/src:1x1x4/k:2", options).size(), 1u);
  EXPECT_EQ(expand_line("lp/sliding/src:1x1x4/k:2/norm:2", options).size(), 0u);
  EXPECT_EQ(expand_line("lp/sliding/f32/src:1x1x4/k:2/norm:2", options).size(), 1u);
  EXPECT_TRUE(has(refusal([&] { expand_line("lp/sliding/i32/src:1x1x4/k:2/norm:2", options); }),
                  "i32 is defined for max only"));
}

TEST(Line, batches_replace_n) {
  SuiteOptions options;
  options.batches = {1, 32};
  EXPECT_EQ(texts(expand_line("max/sliding/src:5x1x4/k:2", options)),
            (Texts{"max/sliding/f32/nchw/src:1x1x4/k:2", "max/sliding/f32/nchw/src:32x1x4/k:2"}));
  options.batches = {int64_t{1} << 55};
  EXPECT_TRUE(has(refusal([&] { expand_line("max/sliding/src:5x99x4000/k:2", options); }), "2^63"));
}

TEST(Line, max_bytes_leaves_out_larger_ones) {
  SuiteOptions options;
  options.max_bytes = 4 * 4 + 2 * 4 + 2 * 8;
  EXPECT_EQ(expand_line("max/sliding/src:1x1x4/k:2/idx", options).size(), 1u);
  --*options.max_bytes;
  EXPECT_EQ(expand_line("max/sliding/src:1x1x4/k:2/idx", options).size(), 0u);
}

TEST_F(Files, comments_blank_lines_and_line_ends) {
  const auto file = write("a.txt",
                          "# a suite\r\n\r\n"
                          "  max/sliding/src:1x1x4/k:2  # a row\r\n"
                          "\t# indented\n"
                          "max/global/src:1x1x4");
  EXPECT_EQ(texts(read_suite(file)),
            (Texts{"max/sliding/f32/nchw/src:1x1x4/k:2", "max/global/f32/nchw/src:1x1x4"}));
}

TEST_F(Files, equal_problems_are_read_once) {
  const auto file = write("a.txt",
                          "max/sliding/src:1x1x4/k:2\n"
                          "max/sliding/src:1x1x6/k:2\n"
                          "max/sliding/f32/nchw/src:1x1x4/k:2/s:2/p:0\n");
  EXPECT_EQ(texts(read_suite(file)),
            (Texts{"max/sliding/f32/nchw/src:1x1x4/k:2", "max/sliding/f32/nchw/src:1x1x6/k:2"}));
}

TEST_F(Files, bad_line_is_named_by_file_and_number) {
  const auto file =
      write("a.txt", "# one\n\nmax/sliding/src:1x1x4/k:2\nmax/sliding/src:1x1x4/k:9\n");
  EXPECT_TRUE(starts(refusal([&] { read_suite(file); }),
                     file + ":4: problem 'max/sliding/src:1x1x4/k:9': k: window 9"));
  const auto sweep = write("b.txt", "max/sliding/src:1x1x4/k:{2\n");
  EXPECT_TRUE(starts(refusal([&] { read_suite(sweep); }), sweep + ":1: sweep: "));
}

TEST_F(Files, unknown_suite_lists_the_known) {
  for (const std::string& name : {std::string("no_such_suite"), folder_.string()}) {
    const std::string message = refusal([&] { read_suite(name); });
    EXPECT_TRUE(has(message, "'" + name + "'"));
    EXPECT_TRUE(has(message, "models, smoke"));
  }
}

TEST_F(Files, suite_without_problems_is_refused) {
  const auto file = write("a.txt", "# nothing\n");
  EXPECT_TRUE(has(refusal([&] { read_suite(file); }), "no problem in it"));
  SuiteOptions options;
  options.dtypes = {DType::kI32};
  const auto average = write("b.txt", "avg_include_pad/global/src:1x1x4\n");
  EXPECT_TRUE(has(refusal([&] { read_suite(average, options); }), "none of its 1 lines"));
}

TEST(Suites, all_are_built_in_described_and_parse) {
  std::set<std::string> names;
  for (const auto& suite : suite_names()) {
    names.insert(suite.name);
    EXPECT_GT(suite.description.size(), 20u) << suite.name;
    for (const auto& problem : read_suite(suite.name))
      EXPECT_EQ(to_text(parse_problem(to_text(problem))), to_text(problem));
  }
  for (const char* name : {"edge", "kernelbench", "large", "models", "smoke", "sweep_kernel",
                           "sweep_size", "textbook"})
    EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Suites, every_row_of_models_fits_a_gibibyte_as_f32) {
  SuiteOptions options;
  options.layouts = {Layout::kChannelsFirst, Layout::kChannelsLast};
  const auto problems = read_suite("models", options);
  EXPECT_GE(problems.size(), 400u);
  for (const auto& problem : problems)
    EXPECT_LE(tensor_bytes(problem), int64_t{1} << 30) << to_text(problem);
}

TEST(Suites, models_have_the_sizes_their_sources_name) {
  const auto rows = read_suite("models");
  const std::map<std::string, Extents> sizes = {
      {"max/sliding/src:50x64x112x112/k:3x3/s:2x2/p:0x0-1x1", {1, 56, 56}},
      {"max/sliding/src:1x256x54x54/k:3x3/s:2x2/ceil", {1, 27, 27}},
      {"max/sliding/src:1x64x112x112/k:3x3/s:2x2/ceil", {1, 56, 56}},
      {"max/sliding/src:1x192x56x56/k:3x3/s:2x2/ceil", {1, 28, 28}},
      {"max/sliding/src:96x64x114x114/k:3x3/s:2x2/p:0x0-1x1", {1, 57, 57}},
      {"avg_exclude_pad/sliding/src:1x42x167x167/k:3x3/s:2x2", {1, 83, 83}},
      {"max/sliding/src:1x256x25x42/k:1x1/s:2x2", {1, 13, 21}},
      {"max/sliding/src:1x512x13x13/k:2x2/s:1x1/p:0x0-1x1", {1, 13, 13}},
      {"max/sliding/src:1x256x8x25/k:2x2/s:2x1/p:0x1", {1, 4, 26}},
      {"max/sliding/src:1x512x4x26/k:2x2/s:2x1/p:0x1", {1, 2, 27}},
      {"max/sliding/src:1x512x2x7x7/k:2x2x2/p:0x1x1", {1, 4, 4}},
      {"max/sliding/src:1x64x32x112x112/k:1x3x3/s:1x2x2/same_upper", {32, 56, 56}},
      {"max/sliding/src:1x480x32x28x28/k:3x3x3/s:2x2x2/same_upper", {16, 14, 14}},
      {"avg_include_pad/sliding/src:1x1024x8x7x7/k:2x7x7/s:1x1x1", {7, 1, 1}},
      {"max/sliding/src:1x64x16x112x112/k:1x3x3/s:2x2x2/p:0x1x1", {8, 56, 56}},
      {"max/sliding/src:1x256x8x56x56/k:2x1x1", {4, 56, 56}},
  };
  for (const auto& [text, size] : sizes) {
    const auto problem = parse_problem(text, {DType::kF32, Layout::kChannelsFirst});
    EXPECT_TRUE(std::find(rows.begin(), rows.end(), problem) != rows.end()) << text;
    EXPECT_EQ(dst_extents(problem), size) << text;
  }
}

TEST(Suites, edge_is_small) {
  for (const auto& problem : read_suite("edge"))
    EXPECT_LE(tensor_bytes(problem), 1 << 20) << to_text(problem);
}

TEST(Suites, large_is_beyond_32_bits) {
  for (const auto& problem : read_suite("large"))
    EXPECT_GT(std::max(src_count(problem), src_bytes(problem) / 2), int64_t{1} << 31)
        << to_text(problem);
}

TEST(Suites, textbook_problems_are_golden_files) {
  std::set<std::string> golden;
  for (auto& file : read_golden(POOLBENCH_SOURCE_DIR "/tests/golden")) {
    file.problem.spec.indices = false;
    golden.insert(to_text(file.problem));
  }
  for (const auto& text : texts(read_suite("textbook"))) EXPECT_TRUE(golden.contains(text)) << text;
}

// n, k, s, p, d and the size in floor and in ceil mode, as PyTorch 1.13.1 has them.
TEST(Sizes, floor_and_ceil) {
  const int64_t rows[][7] = {
      {4, 3, 2, 0, 1, 1, 2}, {6, 3, 2, 0, 1, 2, 3},     {6, 3, 2, 1, 1, 3, 4},
      {8, 3, 2, 1, 1, 4, 5}, {2, 3, 3, 1, 1, 1, 1},     {2, 1, 2, 0, 1, 1, 1},
      {5, 1, 3, 0, 1, 2, 2}, {17, 2, 2, 1, 1, 9, 9},    {9, 7, 3, 3, 1, 3, 4},
      {7, 2, 3, 0, 1, 2, 3}, {112, 3, 2, 0, 1, 55, 56}, {109, 3, 2, 0, 1, 54, 54},
      {1, 2, 1, 1, 2, 1, 1},
  };
  for (const auto& [n, k, s, p, d, floor, ceil] : rows) {
    const std::string text = "max/sliding/src:1x1x" + std::to_string(n) +
                             "/k:" + std::to_string(k) + "/s:" + std::to_string(s) +
                             "/p:" + std::to_string(p) + "/d:" + std::to_string(d);
    EXPECT_EQ(dst(text)[2], floor) << text;
    EXPECT_EQ(dst(text + "/ceil")[2], ceil) << text;
  }
}

TEST(Sizes, window_larger_than_the_input) {
  EXPECT_TRUE(
      has(refusal([] { dst("avg_include_pad/sliding/src:1x1x4x4/k:5x5/s:2x2"); }), "k: window 5"));
  EXPECT_EQ(dst("avg_include_pad/sliding/src:1x1x4x4/k:5x5/s:2x2/ceil"), (Extents{1, 1, 1}));
  EXPECT_EQ(dst("max/sliding/src:1x1x4x4/k:5x5/s:2x2/ceil"), (Extents{1, 1, 1}));
  EXPECT_TRUE(has(refusal([] { dst("max/sliding/src:1x1x4x4/k:5x5/s:1x1"); }), "k: window 5"));
}

constexpr char kGolden[] =
    "# a source\n"
    "problem: avg_include_pad/sliding/f32/nchw/src:1x1x5/k:3/s:2/p:0-2\n"
    "input: 1 2 3  # the first three\n"
    "  4 5\n"
    "output:\n2 4 ~1.667\n";

TEST_F(Files, golden_file_is_read) {
  const auto file = write("a.txt", kGolden);
  const auto golden = read_golden(file);
  ASSERT_EQ(golden.size(), 1u);
  EXPECT_EQ(golden[0].file, file);
  EXPECT_EQ(golden[0].input, (std::vector<double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(golden[0].output, (std::vector<double>{2, 4, 1.667}));
  EXPECT_EQ(golden[0].tolerance, (std::vector<double>{0, 0, 0.0005}));
  EXPECT_TRUE(golden[0].indices.empty());
}

TEST_F(Files, golden_folder_is_read_by_name) {
  write("b.txt", kGolden), write("a.txt", kGolden), write("README.md", "no golden file");
  const auto golden = read_golden(folder_.string());
  ASSERT_EQ(golden.size(), 2u);
  EXPECT_TRUE(has(golden[0].file, "a.txt"));
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  EXPECT_TRUE(has(refusal([&] { read_golden(folder_.string()); }), "no .txt file"));
  EXPECT_TRUE(has(refusal([&] { read_golden("no/such/file"); }), "cannot be read"));
}

TEST_F(Files, golden_errors_name_file_line_and_expected_count) {
  const std::string problem = "problem: max/sliding/f32/nchw/src:1x1x4/k:2\n";
  const std::string indexed = "problem: max/sliding/f32/nchw/src:1x1x4/k:2/idx\n";
  const std::string input = "input: 1 2 3 4\n", output = "output: 2 4\n";
  const std::pair<std::string, std::string> cases[] = {
      {problem + "input: 1 2\n" + output, ":2: input: has 2 numbers, the problem has 4"},
      {problem + input + "output: 1\n", ":3: output: has 1 numbers, the problem has 2"},
      {problem + input + "output: 2 4x\n", ":3: '4x' is not a number"},
      {problem + input + "output: 2 ~4\n", ":3: '~4': a rounded number is written"},
      {problem + input + output + "indices: 1 3\n", ":4: indices: the problem has none"},
      {indexed + input + output, ": has no indices:"},
      {indexed + input + output + "indices: 1\n", ":4: indices: has 1 numbers, the problem has 2"},
      {indexed + input + output + "indices: 1 3.5\n", ":4: '3.5' is not a whole number"},
      {input + output, ": has no problem:"},
      {problem + input, ": has no output:"},
      {problem + problem, ":2: problem: is given twice"},
      {problem + "inputs: 1\n", ":2: 'inputs:' is an unknown key"},
      {"1 2\n" + problem, ":1: '1' stands before the first key"},
      {"problem: max/sliding/src:1x1x4/k:2\n" + input + output, ":1: problem "},
      {"problem: max/global/i8/nchw/src:1x1x1\ninput: 128\noutput: 1\n",
       ":2: '128' is not a number of type i8"},
      {"problem: max/global/u8/nchw/src:1x1x1\ninput: 1.5\noutput: 1\n",
       ":2: '1.5' is not a number of type u8"},
  };
  for (const auto& [text, message] : cases) {
    const auto file = write("a.txt", text);
    EXPECT_TRUE(starts(refusal([&] { read_golden(file); }), file + message)) << text;
  }
}

// What the reference says, in the problem's type: an implementation that is right.
template <class T>
std::vector<T> reference_output(const Golden& golden, std::vector<int64_t>& indices) {
  const auto src = golden_src(golden);
  const Reference reference(golden.problem, src.data());
  const Extents out = dst_extents(golden.problem);
  const int64_t size = out[0] * out[1] * out[2], c = golden.problem.c;
  std::vector<T> result(golden.output.size());
  indices.assign(result.size(), -1);
  for (int64_t at = 0; at < static_cast<int64_t>(result.size()); ++at) {
    const bool last = golden.problem.layout == Layout::kChannelsLast;
    const int64_t plane = last ? at / (size * c) * c + at % c : at / size;
    const int64_t o = last ? at / c % size : at % size;
    const Expected expected =
        reference.at(plane, {o / (out[1] * out[2]), o / out[2] % out[1], o % out[2]});
    result[at] = static_cast<T>(expected.value);
    indices[at] = expected.index;
  }
  return result;
}

TEST(GoldenFiles, the_reference_agrees_with_all_of_f32) {
  int checked = 0;
  for (const auto& golden : read_golden(POOLBENCH_SOURCE_DIR "/tests/golden")) {
    if (golden.problem.dtype != DType::kF32) continue;
    std::vector<int64_t> indices;
    const auto dst = reference_output<float>(golden, indices);
    const Comparison comparison = compare_golden(golden, dst.data(), indices.data());
    EXPECT_TRUE(comparison.ok()) << golden.file;
    EXPECT_EQ(comparison.checked, dst_count(golden.problem));
    ++checked;
  }
  EXPECT_GE(checked, 100);
}

TEST_F(Files, golden_judgement_catches_wrong_values_and_indices) {
  const auto golden = read_golden(write("a.txt", kGolden))[0];
  float dst[] = {2, 4, 5.0f / 3};
  EXPECT_TRUE(compare_golden(golden, dst, nullptr).ok());
  dst[2] = 1.6674f;  // is written 1.667 too
  EXPECT_TRUE(compare_golden(golden, dst, nullptr).ok());
  for (const float wrong : {1.668f, 1.6f, NAN, INFINITY}) {
    dst[2] = wrong;
    const Comparison comparison = compare_golden(golden, dst, nullptr);
    EXPECT_EQ(comparison.wrong, 1) << wrong;
    EXPECT_EQ(comparison.worst[0].output[2], 2);
  }
  dst[2] = 5.0f / 3, dst[0] = 2.001f;
  EXPECT_EQ(compare_golden(golden, dst, nullptr).wrong, 1);

  const auto indexed = read_golden(write("b.txt",
                                         "problem: max/sliding/f32/nhwc/src:1x2x2/k:2/idx\n"
                                         "input: 1 4 2 3\noutput: 2 4\nindices: 1 0\n"))[0];
  const float right[] = {2, 4};
  int64_t indices[] = {1, 0};
  EXPECT_TRUE(compare_golden(indexed, right, indices).ok());
  indices[1] = 1;
  const Comparison comparison = compare_golden(indexed, right, indices);
  ASSERT_EQ(comparison.wrong, 1);
  EXPECT_EQ(comparison.worst[0].c, 1);
}

}  // namespace
}  // namespace poolbench
