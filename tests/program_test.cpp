// The program from outside: exit statuses, messages, files.
#include "tests/program.h"

#include <set>
#include <sstream>

#include "host/npy.h"

namespace poolbench {
namespace {

TEST_F(ProgramTest, help_of_every_command_has_an_example) {
  for (const char* command : {"list", "check", "bench", "eval", "doctor"}) {
    const Output output = run(std::string(command) + " --help");
    EXPECT_EQ(output.status, 0) << command;
    EXPECT_NE(output.text.find("Example: poolbench "), std::string::npos) << output.text;
  }
}

TEST_F(ProgramTest, version_names_the_commit) {
  expect("--version", 0, "poolbench " POOLBENCH_VERSION ", commit ");
}

TEST_F(ProgramTest, bad_usage_is_4) {
  expect("", 4, "subcommand is required");
  expect("polish", 4, "'polish' is an unknown command; one of list, check");
  expect("list polish", 4, "'polish' is an unknown command; one of ops, backends");
  expect("check --suit edge", 4, "--suit");
  expect("bench --problem " + std::string(kSmall) + " --wrong", 4, "--wrong");
  expect("bench --problem " + std::string(kSmall) + " --benchmark_wrong=1", 4, "benchmark_wrong");
  expect("bench --problem " + std::string(kSmall) + " --benchmark_format=xml", 4, "xml");
  expect("bench --problem " + std::string(kSmall) + " --blocks 0", 4, "--blocks");
  expect("check --fuzz -1", 4, "--fuzz");
  expect("check --fuzz 99999999999999999999", 4, "--fuzz");
  expect("check --suite textbook --seed -1", 4, "--seed");
  expect("check --suite textbook --filter '['", 4, "not a regular expression");
  expect("check --suite textbook --backend naive --kernel nonesuch", 4, "matches no kernel");
  expect("check --suite textbook --backend naive.nonesuch", 4, "'naive' has no kernel 'nonesuch'");
  expect("check --suite textbook --fill sand", 4, "'sand' is unknown; one of integers");
  expect("check --suite textbook --dtype f33", 4, "'f33' is unknown");
  expect("bench --problem " + std::string(kSmall) + " --baseline other", 4,
         "none of the contenders");
}

TEST_F(ProgramTest, bad_problem_is_4_and_names_the_parameter) {
  const std::string start = "check --problem max/sliding/f32/nchw/";
  expect(start + "src:1x1x4x4/k:5x5", 4, "larger than the padded input 4");
  expect(start + "src:1x1x4x4/k:2x2/q:1", 4, "'q:1' is an unknown token");
  expect(start + "src:1x9999999999x9999999999x4/k:1x1", 4, "2^61 bytes");
  expect("check --problem lp/global/f32/nchw/src:1x1x4x4/norm:0", 4, "norm: 0 must be greater");
  expect("check --problem avg_include_pad/global/i32/nchw/src:1x1x4", 4,
         "defined for extremes only");
}

TEST_F(ProgramTest, bad_suite_names_file_and_line) {
  const std::string path =
      write("mine.txt", "# a suite\nmax/sliding/src:1x1x4x4/k:2x2\nmax/oops\n");
  expect("check --suite " + path, 4, "mine.txt:3:");
  expect("check --suite nonesuch", 4, "models");
}

TEST_F(ProgramTest, lists_of_benchdnn_are_problems) {
  const std::string list = "--benchdnn " + write("list", "--dir=FWD_I,BWD_D mb1ic2_ih5kh2\n");
  const std::string says = "2 rows of benchdnn are 1 problems; 1 rows are refused\n  dir: 1 rows";
  expect("check --backend naive " + list, 0, says);
  expect("list problems " + list, 0, "max/sliding/f32/nchw/src:1x2x5x5/k:2x2/s:1x1");
  expect("list problems --dtype u8 " + list, 0, "max/sliding/u8/nchw/src:1x2x5x5/k:2x2/s:1x1");
  expect("check --benchdnn " + write("backward", "--dir=BWD_D mb1ic2_ih5kh2"), 3,
         "no row of --benchdnn is a problem");
  expect("check --benchdnn " + write("bad", "mb1\nic2_qh5"), 4, "bad:1: mb1: ic: is missing");
  expect("check --benchdnn nonesuch", 4, "benchdnn list 'nonesuch': cannot be read");
}

TEST_F(ProgramTest, another_rule_set_judges) {
  const std::string check =
      "check --backend naive --problem avg_include_pad/sliding/i8/nchw/"
      "src:1x1x64/k:2 --fill uniform --rules ";
  expect(check + "onednn", 0, "contender");
  expect(check + "tflite", 2, "WRONG");
  expect(check + "caffe", 4, "rules: 'caffe' is unknown; one of onnx");
  expect("list rules", 0, "tflite   integer_average_half_away");
}

TEST_F(ProgramTest, backend_that_is_not_there_is_5) {
  expect("check --suite textbook --backend nonesuch", 5, "backend 'nonesuch' is unknown; here are");
  expect("check --suite textbook --backend naive,vulkan:99", 5, "vulkan:99");
  expect("bench --suite smoke --backend naive:7", 5, "naive:7");
  expect("list kernels --backend nonesuch", 5, "backend 'nonesuch' is unknown");
  expect("eval --problem max/global/f32/nchw/src:1x1x4 --input x --output y --backend naive,openmp",
         4, "--backend: 'naive,openmp' names several; eval runs one");
  expect("check --suite textbook --module m=" + file("missing.so"), 5, "missing.so");
}

TEST_F(ProgramTest, nothing_selected_is_3) {
  expect("check --backend naive", 3, "nothing was selected");
  expect("bench --backend naive", 3, "nothing was selected");
  const std::string says = "--filter 'nonesuch' matches none of the selected problems";
  expect("list problems --suite textbook --filter nonesuch", 3, says);
  expect("check --suite textbook --filter nonesuch --backend naive", 3, says);
  expect("check --fuzz 5 --filter nonesuch --backend naive", 3, says);
  expect("check --filter nonesuch --backend naive", 3,
         "name a --suite, --problem, --benchdnn, --golden, --fuzz or --disagreements");
  // One that would backtrack for ever.
  expect("list problems --suite models --filter '(.*)*(.*)*(.*)*(.*)*_$'", 3, "matches none");
  expect("list problems", 3, "name a --suite, --problem or --benchdnn");
}

TEST_F(ProgramTest, refusal_is_0_beside_a_row_that_ran_and_3_alone) {
  const std::string command = "check --problem max/global/f32/nchw/src:1x1x4x4 --module mine=" +
                              std::string(POOLBENCH_EXAMPLE_MODULE) + " --backend mine";
  expect(command + ",naive", 0, "mine refused 1: mine: windowing: sliding in 2D only");
  expect(command, 3, "mine refused 1: mine: windowing: sliding in 2D only");
  expect(command, 3, "every row was refused");
}

TEST_F(ProgramTest, a_backend_can_stand_beside_its_kernels) {
  const Output output =
      run("check --backend naive,naive.table,openmp.tile,naive.table --problem "
          "max/sliding/f32/nchw/src:1x2x9x9/k:3x3");
  EXPECT_NE(output.text.find("openmp.tile"), std::string::npos) << output.text;
  EXPECT_EQ(output.text.find("naive.sliding"), std::string::npos) << output.text;
  EXPECT_EQ(output.text.find("naive.table"), output.text.rfind("naive.table")) << output.text;
}

TEST_F(ProgramTest, wrong_result_is_2_with_problem_points_and_values) {
  for (const char* fault : {"half", "nothing", "beyond"}) {
    const std::string module = std::string(" --module m=") + POOLBENCH_MODULES + "/broken_" +
                               fault + ".so --backend m --problem " + kSmall;
    expect("check" + module, 2, std::string("WRONG: m ") + kSmall);
    expect("bench" + module, 2, "WRONG: ");
  }
}

TEST_F(ProgramTest, golden_that_is_missed_is_2) {
  const std::string path = write("g.txt",
                                 "problem: max/sliding/f32/nchw/src:1x1x4/k:2\n"
                                 "input: 1 2 3 4\noutput: 2 5\n");
  expect("check --backend naive --golden " + path, 2, "expected 5, got 4");
}

TEST_F(ProgramTest, example_module_is_checked_and_timed_beside_built_in_backends) {
  const std::string module = std::string(" --module mine=") + POOLBENCH_EXAMPLE_MODULE +
                             " --backend naive,openmp,mine --problem " + kSmall;
  expect("check" + module, 0, "mine");
  const std::string path = file("record.json");
  const Output output = run("bench" + module + " --blocks 6 --sample-ms 0.05 --json " + path);
  EXPECT_NE(output.status, 2) << output.text;
  std::set<std::string> timed;
  const auto json = read_json(path);
  for (const auto& row : json["benchmarks"])
    if (row["run_type"] == "aggregate") timed.insert(row["poolbench"]["contender"]);
  EXPECT_EQ(timed.count("mine"), 1u) << output.text;
  EXPECT_EQ(timed.count("naive"), 1u) << output.text;
}

TEST_F(ProgramTest, unwritable_output_is_4_before_any_work) {
  const std::string nowhere = file("missing_folder/x.json");
  expect("check --suite textbook --backend naive --json " + nowhere, 4, "cannot be written");
  expect("check --suite textbook --backend naive --junit " + nowhere, 4, "cannot be written");
  for (const char* flag : {" --json ", " --benchmark_out="})
    expect(std::string("bench --backend naive --problem ") + kSmall + flag + nowhere, 4,
           "cannot be written");
}

TEST_F(ProgramTest, standard_output_that_is_full_is_4) {
  if (!fs::exists("/dev/full")) GTEST_SKIP();
  for (const std::string command : {"list ops", "list kernels", "check --suite textbook"})
    EXPECT_EQ(run(command + " > /dev/full").status, 4) << command;
}

TEST_F(ProgramTest, junit_counts_what_ran) {
  const std::string path = file("junit.xml");
  expect("check --suite textbook --fill ties --backend naive --junit " + path, 0, "naive");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_NE(text.str().find("failures=\"0\""), std::string::npos);
  EXPECT_NE(text.str().find("classname=\"naive\""), std::string::npos);
}

TEST_F(ProgramTest, eval_pools_an_array_with_indices) {
  std::vector<float> x(16);
  for (size_t i = 0; i < x.size(); ++i) x[i] = float(i);
  const auto bytes = std::as_bytes(std::span(x));
  write_npy(file("x.npy"), {"f4", {1, 1, 4, 4}, {bytes.begin(), bytes.end()}});
  expect("eval --problem max/sliding/f32/nchw/src:1x1x4x4/k:2x2 --input " + file("x.npy") +
             " --output " + file("y.npy") + " --indices " + file("i.npy") +
             " --backend openmp.table",
         0, "");
  expect("eval --problem max/sliding/f32/nchw/src:1x1x4x4/k:2x2 --input " + file("x.npy") +
             " --output " + file("z.npy") + " --indices " + file("j.npy") +
             " --backend openmp.tile",
         3, "openmp.tile: idx: writes no indices");
  const NpyArray y = read_npy(file("y.npy")), indices = read_npy(file("i.npy"));
  EXPECT_EQ(y.shape, (std::vector<int64_t>{1, 1, 2, 2}));
  const auto* values = reinterpret_cast<const float*>(y.data.data());
  EXPECT_EQ(std::vector<float>(values, values + 4), (std::vector<float>{5, 7, 13, 15}));
  const auto* at = reinterpret_cast<const int64_t*>(indices.data.data());
  EXPECT_EQ(std::vector<int64_t>(at, at + 4), (std::vector<int64_t>{5, 7, 13, 15}));
}

TEST_F(ProgramTest, eval_writes_indices_as_onnx_counts_them) {
  const std::vector<std::byte> zeros(2 * 2 * 3 * sizeof(float));
  write_npy(file("x.npy"), {"f4", {1, 2, 2, 3}, zeros});
  const std::string command = "eval --problem max/sliding/f32/nchw/src:1x2x2x3/k:2x1 --input " +
                              file("x.npy") + " --output " + file("y.npy");
  const std::string indices = " --indices " + file("i.npy") + " --indices-form ";
  const std::pair<const char*, std::vector<int64_t>> kForms[] = {
      {"plane", {0, 1, 2, 0, 1, 2}},
      {"onnx", {0, 1, 2, 6, 7, 8}},
      {"onnx-column-major", {0, 2, 4, 6, 8, 10}}};
  for (const auto& [form, expected] : kForms) {
    expect(command + indices + form, 0, "");
    const NpyArray array = read_npy(file("i.npy"));
    const auto* at = reinterpret_cast<const int64_t*>(array.data.data());
    EXPECT_EQ(std::vector<int64_t>(at, at + 6), expected) << form;
  }
  expect(command + indices + "tflite", 4,
         "--indices-form: 'tflite' is unknown; one of plane, onnx, onnx-column-major");
  expect(command + " --indices-form onnx", 4, "--indices");
}

TEST_F(ProgramTest, eval_takes_samples_plane_by_plane) {
  std::vector<double> x(49), samples = {0.3, 0.1};
  for (size_t i = 0; i < x.size(); ++i) x[i] = double(i);
  const auto bytes = std::as_bytes(std::span(x)), u = std::as_bytes(std::span(samples));
  write_npy(file("x.npy"), {"f8", {1, 1, 7, 7}, {bytes.begin(), bytes.end()}});
  write_npy(file("u.npy"), {"f8", {1, 1, 2}, {u.begin(), u.end()}});
  expect("eval --problem max/fractional/f64/nchw/src:1x1x7x7/k:2x2/out:3x3 --input " +
             file("x.npy") + " --samples " + file("u.npy") + " --output " + file("y.npy"),
         0, "");
  const NpyArray y = read_npy(file("y.npy"));
  const auto* values = reinterpret_cast<const double*>(y.data.data());
  EXPECT_EQ(std::vector<double>(values, values + 9),
            (std::vector<double>{8, 10, 13, 29, 31, 34, 43, 45, 48}));
}

TEST_F(ProgramTest, eval_refuses_arrays_that_do_not_fit) {
  const std::vector<std::byte> data(64);
  write_npy(file("x.npy"), {"f4", {1, 1, 4, 4}, data});
  const std::string rest = " --input " + file("x.npy") + " --output " + file("y.npy");
  const std::string problem = "eval --problem max/sliding/";
  expect(problem + "f32/nchw/src:1x1x4x5/k:2x2" + rest, 4, "has the shape (1, 1, 4, 4)");
  expect(problem + "f32/nhwc/src:1x1x4x4/k:2x2" + rest, 4, "needs (1, 4, 4, 1)");
  expect(problem + "f16/nchw/src:1x1x4x4/k:2x2" + rest, 4,
         "holds float32, the problem needs float16");
  write_npy(file("wide.npy"), {"i8", {1, 1, 2, 4}, data});
  expect(problem + "i8/nchw/src:1x1x2x4/k:2x2 --input " + file("wide.npy") + " --output " +
             file("y.npy"),
         4, "holds int64, the problem needs int8");
  fs::resize_file(file("x.npy"), 100);
  expect(problem + "f32/nchw/src:1x1x4x4/k:2x2" + rest, 4, "x.npy");
  EXPECT_FALSE(fs::exists(file("y.npy")));
}

TEST_F(ProgramTest, a_case_without_memory_is_a_row_and_the_run_goes_on) {
  const std::string huge = "max/sliding/i8/nchw/src:1x1x4000000x4000000/k:2x2";
  const Output output =
      run("check --backend naive --fill ties --problem " + huge + " --problem " + kSmall);
  EXPECT_EQ(output.status, 3) << output.text;
  EXPECT_NE(output.text.find("ERROR"), std::string::npos) << output.text;
  EXPECT_NE(output.text.find("TB of host memory"), std::string::npos) << output.text;
  EXPECT_NE(output.text.find("naive              1"), std::string::npos) << output.text;
}

TEST_F(ProgramTest, list_shows_suites_backends_kernels_problems_ops) {
  expect("list suites", 0, "models");
  expect("list ops", 0, "lp/fractional");
  expect("list backends", 0, "naive            available");
  expect("list kernels --backend naive", 0, "naive.table");
  expect("list problems --suite textbook --dtype f16 --layout nhwc", 0, "/f16/nhwc/");
}

}  // namespace
}  // namespace poolbench
