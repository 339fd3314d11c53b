// Suites: their text, their errors, and the content of the built-in ones.
#include "bench/select/suite.h"

#include <algorithm>
#include <map>
#include <set>

#include "bench/judge/golden.h"
#include "tests/text_files.h"

namespace poolbench {
namespace {

using Texts = std::vector<std::string>;

Texts texts(const std::vector<Problem>& problems) {
  Texts result;
  for (const auto& problem : problems) result.push_back(to_text(problem));
  return result;
}

Extents dst(const std::string& text) {
  return parse_problem(text, {DType::kF32, Layout::kChannelsFirst}).dst();
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

TEST(Line, wide_integers_go_to_max_alone) {
  SuiteOptions options;
  options.dtypes = {DType::kI32, DType::kI16, DType::kI64};
  EXPECT_EQ(expand_line("max/sliding/src:1x1x4/k:2", options).size(), 3u);
  EXPECT_EQ(expand_line("lp/sliding/src:1x1x4/k:2/norm:2", options).size(), 0u);
  EXPECT_EQ(expand_line("lp/sliding/f32/src:1x1x4/k:2/norm:2", options).size(), 1u);
  EXPECT_TRUE(has(refusal([&] { expand_line("lp/sliding/i32/src:1x1x4/k:2/norm:2", options); }),
                  "i32 is defined for extremes only"));
}

TEST(Line, batches_replace_n) {
  SuiteOptions options;
  options.batches = {1, 32};
  EXPECT_EQ(texts(expand_line("max/sliding/src:5x1x4/k:2", options)),
            (Texts{"max/sliding/f32/nchw/src:1x1x4/k:2", "max/sliding/f32/nchw/src:32x1x4/k:2"}));
  options.batches = {int64_t{1} << 55};
  EXPECT_TRUE(has(refusal([&] { expand_line("max/sliding/src:5x99x4000/k:2", options); }), "2^61"));
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

std::vector<Network> networks_of(const std::string& file, const SuiteOptions& options = {}) {
  std::vector<Network> networks;
  read_suite(file, options, &networks);
  return networks;
}

TEST_F(Files, a_network_has_layers_and_how_often) {
  const auto file = write("a.txt",
                          "max/sliding/src:1x1x4/k:2  # of no network\n"
                          "network  the first  # a comment\n"
                          "max/sliding/src:1x1x6/k:{2,3} x2  # pool1, pool3\n"
                          "missing x3  # no problem says them\n"
                          "max/sliding/src:1x1x6/k:2\n"
                          "network second\n"
                          "max/sliding/src:1x1x6/k:2 x1\n"
                          "missing\n"
                          "network has none\n");
  EXPECT_EQ(read_suite(file).size(), 3u);
  const auto networks = networks_of(file);
  ASSERT_EQ(networks.size(), 2u);
  EXPECT_EQ(networks[0].name, "the first");
  const auto problem = [](const char* text) { return expand_line(text).at(0); };
  EXPECT_EQ(networks[0].layers, (std::vector<Layer>{{problem("max/sliding/src:1x1x6/k:2"), 3},
                                                    {problem("max/sliding/src:1x1x6/k:3"), 2}}));
  EXPECT_EQ(networks[0].missing, 3);
  EXPECT_EQ(layer_count(networks[0]), 8);
  EXPECT_EQ(networks[1].layers, (std::vector<Layer>{{problem("max/sliding/src:1x1x6/k:2"), 1}}));
  EXPECT_EQ(networks[1].missing, 1);
}

TEST_F(Files, a_network_is_one_for_each_type_layout_and_batch_that_differs) {
  const auto file = write("a.txt",
                          "network a\nmax/sliding/src:1x1x6/k:2\navg_include_pad/global/src:1x1x6\n"
                          "network b\nmax/sliding/f64/nchw/src:1x1x6/k:2\n");
  SuiteOptions options;
  options.dtypes = {DType::kF32, DType::kI32};
  options.batches = {1, 4};
  const auto networks = networks_of(file, options);
  std::vector<std::string> names;
  for (const Network& network : networks) names.push_back(network.name);
  EXPECT_EQ(names,
            (Texts{"a f32 n:1", "a f32 n:4", "a i32 n:1", "a i32 n:4", "b f32 n:1", "b f32 n:4"}));
  EXPECT_EQ(networks[0].missing, 0);
  EXPECT_EQ(networks[2].missing, 1);  // i32 has no averages
  EXPECT_EQ(to_text(networks[5].layers.at(0).problem), "max/sliding/f64/nchw/src:4x1x6/k:2");
}

TEST_F(Files, what_is_no_network_is_refused_by_its_line) {
  const auto refused = [&](const std::string& text) {
    return refusal([&] { read_suite(write("a.txt", "# a suite\n" + text)); });
  };
  EXPECT_TRUE(has(refused("network\n"), "a.txt:2: network: has no name"));
  EXPECT_TRUE(has(refused("missing\n"), "a.txt:2: missing: no network has begun"));
  EXPECT_TRUE(has(refused("max/global/src:1x1x4 x2\n"), "none has begun"));
  for (const char* times : {"x0", "x-1", "x", "2", "x2x", "x1000001", "x99999999999999999999"})
    EXPECT_TRUE(has(refused("network n\nmax/global/src:1x1x4 " + std::string(times)),
                    "a.txt:3: '" + std::string(times) + "' is behind the problem; xK means"))
        << times;
  EXPECT_TRUE(has(refused("network n\nmissing pool x2\n"), "a.txt:3: "));
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
    EXPECT_LE(problem.tensor_bytes(), int64_t{1} << 30) << to_text(problem);
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
      {"avg_include_pad/sliding/src:1x480x3x80/k:3x2", {1, 1, 40}},
  };
  for (const auto& [text, size] : sizes) {
    const auto problem = parse_problem(text, {DType::kF32, Layout::kChannelsFirst});
    EXPECT_TRUE(std::find(rows.begin(), rows.end(), problem) != rows.end()) << text;
    EXPECT_EQ(problem.dst(), size) << text;
  }
}

TEST(Suites, edge_is_small) {
  for (const auto& problem : read_suite("edge"))
    EXPECT_LE(problem.tensor_bytes(), 1 << 20) << to_text(problem);
}

TEST(Suites, large_is_beyond_32_bits) {
  for (const auto& problem : read_suite("large"))
    EXPECT_GT(std::max(problem.src_count(), problem.src_bytes() / 2), int64_t{1} << 31)
        << to_text(problem);
}

TEST(Suites, textbook_problems_are_golden_files) {
  std::set<std::string> golden;
  for (auto& file : read_golden(POOLBENCH_SOURCE_DIR "/tests/golden")) {
    golden.insert(to_text(file.problem.with([](Description& d) { d.spec.indices = false; })));
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

}  // namespace
}  // namespace poolbench
