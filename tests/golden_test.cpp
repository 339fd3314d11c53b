// Golden files: their text, their errors, and the faults that they catch.
#include "bench/judge/golden.h"

#include <cmath>

#include "tests/text_files.h"

namespace poolbench {
namespace {

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
  EXPECT_EQ(golden[0].input, (std::vector<long double>{1, 2, 3, 4, 5}));
  EXPECT_EQ(golden[0].output, (std::vector<long double>{2, 4, 1.667}));
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
      {"problem: max/global/i64/nchw/src:1x1x1\ninput: 9223372036854775808\noutput: 1\n",
       ":2: '9223372036854775808' is not a number of type i64"},
  };
  for (const auto& [text, message] : cases) {
    const auto file = write("a.txt", text);
    EXPECT_TRUE(starts(refusal([&] { read_golden(file); }), file + message)) << text;
  }
}

// The reference's outputs in the problem's type: a right implementation.
template <class T>
std::vector<T> reference_output(const Golden& golden, std::vector<int64_t>& indices) {
  const auto src = golden_src(golden);
  const Reference reference(golden.problem, src.data());
  const Extents out = golden.problem.dst();
  const int64_t size = out[0] * out[1] * out[2], c = golden.problem.c();
  std::vector<T> result(golden.output.size());
  indices.assign(result.size(), -1);
  for (int64_t at = 0; at < static_cast<int64_t>(result.size()); ++at) {
    const bool last = golden.problem.layout() == Layout::kChannelsLast;
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
    if (golden.problem.dtype() != DType::kF32) continue;
    std::vector<int64_t> indices;
    const auto dst = reference_output<float>(golden, indices);
    const Comparison comparison = compare_golden(golden, dst.data(), indices.data());
    EXPECT_TRUE(comparison.ok()) << golden.file;
    EXPECT_EQ(comparison.checked, golden.problem.dst_count());
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
