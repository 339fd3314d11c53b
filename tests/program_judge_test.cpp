// What no kernel gets past `check` and `bench`, from outside.
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

}  // namespace
}  // namespace poolbench
