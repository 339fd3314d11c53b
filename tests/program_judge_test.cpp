// What no kernel gets past `check` and `bench`, from outside.
#include <cmath>
#include <span>
#include <sstream>

#include "host/npy.h"
#include "tests/program.h"

namespace poolbench {
namespace {

class JudgeTest : public ProgramTest {
 protected:
  // Runs a command with the module odd_`deed` beside naive.
  static void expect_of(const std::string& deed, const std::string& command, int status,
                        const std::string& says) {
    expect(command + " --backend odd,naive --module odd=" POOLBENCH_MODULES "/odd_" + deed + ".so",
           status, says);
  }
};

constexpr const char* kLarge = "max/sliding/f32/nchw/src:1x16x112x112/k:3x3/s:2x2";
constexpr const char* kBench = "bench --blocks 1 --sample-ms 0.001 --problem ";
constexpr const char* kCheck = "check --problem ";

TEST_F(JudgeTest, a_window_of_10_to_the_12_ends) {
  for (const char* command : {kCheck, kBench})
    expect(std::string(command) +
               "max/sliding/f32/nchw/src:1x1x8/k:1000000000000/s:1/p:500000000000-499999999994/idx "
               "--backend naive,openmp",
           0, "openmp");
}

TEST_F(JudgeTest, a_maximum_that_drops_nan_on_a_large_plane) {
  for (const char* command : {kCheck, kBench})
    expect_of("drops_nan", std::string(command) + kLarge, 2, "--fill nan");
}

TEST_F(JudgeTest, a_module_that_vouches_for_its_zeros) {
  for (const char* command : {kCheck, kBench}) {
    const std::string line = std::string(command) + "max/sliding/f32/nchw/src:1x3x8x8/k:2x2";
    expect_of("zeros", line, 2, "the module's own rule 'house_style: zero is a fine maximum'");
    expect_of("zeros", line + " --trust-rules", 0, "house_style");
  }
}

// Flushed outputs are right where the oracle's are flushed too.
TEST_F(JudgeTest, a_launch_that_leaves_another_floating_point_environment) {
  const std::string line = std::string(kCheck) + "max/sliding/f32/nchw/src:1x3x8x8/k:2x2";
  expect_of("flushes", line, 2, "turns flush-to-zero on and turns denormals-are-zero on");
  expect_of("rounds_up", line, 2, "changes the rounding mode");
  const Output output = run(line +
                            " --fill denormal --backend odd,naive --module odd=" POOLBENCH_MODULES
                            "/odd_flushes.so --json " +
                            file("a.json"));
  for (const auto& row : read_json(file("a.json"))["checks"])
    EXPECT_EQ(row["status"], row["contender"] == "naive" ? "ok" : "WRONG") << output.text;
}

TEST_F(JudgeTest, a_module_that_flushes_when_it_is_loaded) {
  const std::string line = std::string(kCheck) +
                           "avg_include_pad/global/f32/nchw/src:1x3x9x9 --fill denormal --json " +
                           file("a.json");
  expect_of("flushes_at_load", line, 0, "loading it turns flush-to-zero on");
  for (const auto& row : read_json(file("a.json"))["checks"])
    EXPECT_GT(row["comparison"]["max_ulp"], 0) << "subnormals are rounded, not 0";
}

TEST_F(JudgeTest, a_drawn_seed_is_another_each_time) {
  const std::string line = std::string(kCheck) + "avg_exclude_pad/global/f32/nchw/src:1x1x4 " +
                           "--fill uniform --seed random --backend naive --json ";
  run(line + file("a.json"));
  run(line + file("b.json"));
  EXPECT_NE(read_json(file("a.json"))["checks"][0]["input"],
            read_json(file("b.json"))["checks"][0]["input"]);
}

TEST_F(JudgeTest, an_input_of_ones_own_on_every_kernel) {
  const std::vector<float> x = {1, NAN, 3, 4};
  const auto bytes = std::as_bytes(std::span(x));
  write_npy(file("x.npy"), {"f4", {1, 1, 2, 2}, {bytes.begin(), bytes.end()}});
  const std::string problem = "check --problem max/global/f32/nchw/src:1x1x2x2 --input ";
  expect(problem + file("x.npy") + " --backend naive,openmp --kernel all", 0, "openmp.table");
  expect_of("drops_nan", problem + file("x.npy"), 2, "--input '" + file("x.npy") + "'");
  expect(problem + file("none.npy"), 4, "none.npy: no such file");
  expect(problem + file("x.npy") + " --fill ties", 4, "--fill");
  expect("check --problem max/global/f32/nchw/src:1x1x{2,4}x1 --input " + file("x.npy"), 4,
         "--input: is for one problem; 2 are selected");
  expect("check --problem max/global/f16/nchw/src:1x1x2x2 --input " + file("x.npy"), 4,
         "holds float32, the problem needs float16");
}

TEST_F(JudgeTest, numbers_are_an_input_and_an_output) {
  const std::string eval = "eval --problem max/sliding/f32/nchw/src:1x1x4/k:2/idx --input ";
  expect(eval + "'1 nan 2 3'", 0, "nan 3, indices: 1 3\n");
  expect(eval + "'1 nan 2'", 4, "--input: 3 numbers, the problem needs 4");
  expect("eval --problem max/global/f32/nchw/src:1x1x2 --input '-0 -0'", 0, "-0\n");
  expect("eval --problem max/global/i64/nchw/src:1x1x2 --input '9007199254740993 1'", 0,
         "9007199254740993\n");
  expect("eval --problem max/global/u8/nchw/src:1x1x2 --input '1 256'", 4,
         "--input: 256 is not a number of type u8");
  expect_of("drops_nan", "check --problem max/global/f32/nchw/src:1x1x2x2 --input '1 nan 2 3'", 2,
            "--input '1 nan 2 3'");
}

TEST_F(JudgeTest, what_implementations_disagree_about) {
  const std::string check = "check --disagreements ";
  const std::string json = file("a.json"), markdown = file("a.md");
  expect_of("drops_nan", check + json + " --disagreements " + markdown, 2, "WRONG: odd");
  auto matrix = read_json(json);
  for (auto& question : matrix["questions"]) {
    const auto& cells = question["cells"];
    EXPECT_EQ(cells["naive"]["status"], "ok") << question;
    const bool or_infinity = question["name"] == "average_overflow";
    EXPECT_EQ(cells["naive"]["text"], or_infinity ? "inf" : question["spec"]) << question["name"];
    if (question["name"] != "max_nan_first") continue;
    EXPECT_EQ(cells["odd"]["status"], "WRONG");
    EXPECT_NE(cells["odd"]["text"], "nan");
    question["cells"]["naive"]["text"] = "7";
  }
  std::ostringstream text;
  text << std::ifstream(markdown).rdbuf();
  EXPECT_NE(text.str().find("- odd: **unexplained**"), std::string::npos);

  const std::string naive = check + file("b.json") + " --backend naive --against ";
  expect(naive + write("old.json", matrix.dump()), 0,
         "changed: max_nan_first: naive gave '7' (ok), and naive gives 'nan' (ok)\n");
  expect(naive + write("none.json", "{}"), 4,
         "none.json: is not what `check --disagreements FILE.json` writes");
  expect(check + file("a.txt") + " --backend naive", 4, "ends neither with .md nor with .json");
  expect("check --problem max/global/f32/nchw/src:1x1x4 --against " + json, 4, "--disagreements");
}

TEST_F(JudgeTest, a_failing_case_is_dumped_with_the_line_that_repeats_it) {
  const std::string line =
      std::string(kCheck) + "max/sliding/f32/nchw/src:1x3x4x4/k:2x2/idx --fill negative";
  expect_of("zeros", line + " --dump " + file("failing"), 2,
            "dumped: poolbench check --backend odd");
  const std::string folder = file("failing/1-1-odd/");
  expect("eval --problem max/sliding/f32/nchw/src:1x3x4x4/k:2x2 --input " + folder +
             "input.npy --output " + file("y.npy") + " --indices " + file("i.npy"),
         0, "");
  EXPECT_EQ(read_npy(folder + "expected.npy").data, read_npy(file("y.npy")).data);
  EXPECT_EQ(read_npy(folder + "expected_indices.npy").data, read_npy(file("i.npy")).data);
  EXPECT_EQ(read_npy(folder + "output.npy").data, std::vector<std::byte>(3 * 2 * 2 * 4));
  EXPECT_TRUE(fs::exists(folder + "output_indices.npy"));
  EXPECT_FALSE(fs::exists(file("failing/1-1-naive")));
  expect(line + " --dump " + folder + "input.npy", 4, "--dump: ");
  std::ifstream repeat(folder + "repeat.txt");
  std::string program, arguments;
  std::getline(repeat >> program, arguments);
  const Output again = run(arguments);
  EXPECT_EQ(again.status, 2) << arguments << again.text;
  EXPECT_NE(again.text.find("12 of 12 judged outputs are wrong"), std::string::npos) << again.text;
}

TEST_F(JudgeTest, a_random_problem_that_fails_is_shrunk_to_a_line) {
  const std::string fuzz = "check --fuzz 100 --seed 3 --filter ^max/sliding/f32 --json ";
  expect_of("zeros", fuzz + file("a.json"), 2,
            "smallest: poolbench check --backend odd.sliding --problem "
            "max/sliding/f32/nchw/src:1x1x1/k:1 --fill ");
  for (const auto& row : read_json(file("a.json"))["checks"]) {
    EXPECT_EQ(row.contains("smallest"), row["status"] == "WRONG") << row;
    if (!row.contains("smallest")) continue;
    const std::string line = row["smallest"];
    EXPECT_EQ(run(line.substr(line.find("check"))).status, 2) << line;
    break;
  }
}

TEST_F(JudgeTest, who_hangs_on_a_smaller_problem_is_wrong_on_the_drawn_one) {
  expect_of("hangs_on_one_image",
            "check --fuzz 400 --seed 5 --filter ^max/global/f32/nhwc/src:2x5x35x30$ --case-limit 1 "
            "--dump " +
                file("failing") + " --json " + file("a.json"),
            2, "during verify; no more is said about its row");
  const auto json = read_json(file("a.json"));
  ASSERT_EQ(json["checks"].size(), 2u);
  const auto& row = json["checks"][json["checks"][0]["contender"] == "odd" ? 0 : 1];
  EXPECT_EQ(row["status"], "WRONG") << row;
  EXPECT_FALSE(row.contains("smallest")) << row;
  EXPECT_TRUE(row.contains("dumped")) << row;
  EXPECT_TRUE(fs::exists(file("failing/1-1-odd/expected.npy")));
}

TEST_F(JudgeTest, random_problems_are_others_each_time_and_repeat_by_the_seed_that_is_printed) {
  const auto problems = [&](const std::string& more) {
    const Output output =
        run("check --fuzz 20 --backend naive" + more + " --json " + file("a.json"));
    const auto json = read_json(file("a.json"));
    std::vector<std::string> list;
    for (const auto& row : json["checks"])
      if (row["contender"] == "naive")
        list.push_back(row["problem"].get<std::string>() + row["input"].get<std::string>());
    const uint64_t seed = json["context"]["poolbench"]["noted"]["fuzz_seed"];
    EXPECT_NE(output.text.find("20 random problems of --seed " + std::to_string(seed) + "\n"),
              std::string::npos)
        << output.text;
    return std::pair(list, " --seed " + std::to_string(seed));
  };
  const auto [first, seed] = problems("");
  EXPECT_EQ(first.size(), 20u);
  EXPECT_NE(first, problems("").first);
  EXPECT_EQ(first, problems(seed).first);
  expect("check --fuzz 20 --backend naive --resume --json " + file("a.json"), 4,
         "--resume: random problems are others each time");
  // A module that ends the process leaves the other contenders the problems that they had.
  const std::string crash =
      ",crash --module crash=" POOLBENCH_MODULES "/broken_crash_in_launch.so --filter /f32/";
  const auto [drawn, again] = problems(crash);
  EXPECT_EQ(drawn, problems(" --filter /f32/" + again).first);
}

}  // namespace
}  // namespace poolbench
