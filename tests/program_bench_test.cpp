// `poolbench bench` from outside: its rows, its files, Google Benchmark's flags.
#include <cmath>
#include <set>
#include <sstream>
#include <vector>

#include "tests/program.h"

namespace poolbench {
namespace {

using BenchTest = ProgramTest;

// A run that is interrupted ends cleanly: it says so, and its record holds what was measured and
// names the rest.
TEST_F(BenchTest, a_run_that_is_stopped_keeps_what_it_measured) {
  const std::string record = file("record.json"), lines = file("lines");
  write("run.sh", "mkfifo " + lines + "\n" + POOLBENCH_PROGRAM +
                      " bench --problem 'max/sliding/f32/nchw/src:1x1x2x{2..3000}/k:2x2'"
                      " --backend naive --hot --blocks 1 --json " +
                      record + " > " + lines + " &\n" + "exec 3< " + lines +
                      "; head -c 1000 <&3 >/dev/null\n" + "kill -TERM $!; cat <&3; wait $!\n");
  const Output output = run_command("sh " + file("run.sh"));
  EXPECT_EQ(output.status, 3) << output.text;
  EXPECT_NE(output.text.find("the run was interrupted"), std::string::npos) << output.text;
  const auto json = read_json(record);
  EXPECT_FALSE(json["benchmarks"].empty());
  EXPECT_GT(json["context"]["poolbench"]["left_out"].size(), 100u);
}

TEST_F(BenchTest, record_has_google_benchmarks_fields_and_ours) {
  const std::string path = file("record.json");
  run("bench --backend naive,openmp --blocks 7 --sample-ms 0.05 --json " + path + " --problem " +
      kSmall);
  const auto json = read_json(path);
  EXPECT_TRUE(json["context"].contains("date"));
  EXPECT_TRUE(json["context"]["poolbench"]["comparable"].contains("compiler"));
  int samples = 0;
  for (const auto& row : json["benchmarks"]) {
    if (row.value("error_occurred", false)) continue;
    EXPECT_GT(row["real_time"].get<double>(), 0);
    EXPECT_EQ(row["time_unit"], "ns");
    if (row["run_type"] != "iteration") continue;
    ++samples;
    EXPECT_EQ(row["name"], row["run_name"]);
    EXPECT_EQ(row["repetitions"], 7);
  }
  EXPECT_GE(samples, 7);
}

TEST_F(BenchTest, without_outputs_there_is_nothing_to_time) {
  for (const char* problem :
       {"max/sliding/f32/nchw/src:0x3x8x8/k:2x2", "max/sliding/f32/nhwc/src:1x0x8x8/k:2x2/idx",
        "avg_include_pad/adaptive/f32/nchw/src:1x3x8/out:0"}) {
    expect(std::string("check --backend naive,openmp --kernel all --problem ") + problem, 0, "");
    expect(std::string("bench --backend naive,openmp --problem ") + problem, 3,
           "there is nothing to time");
  }
}

TEST_F(BenchTest, google_benchmarks_own_flags_work) {
  const std::string base =
      std::string("bench --hot --sample-ms 0.05 --backend naive --problem ") + kSmall;
  expect(base + " --benchmark_list_tests=true", 0, std::string("naive/") + kSmall + "/hot");
  const std::string out = file("gbench.json");
  run(base + " --benchmark_repetitions=6 --benchmark_out=" + out);
  const auto json = read_json(out);
  int samples = 0;
  for (const auto& row : json["benchmarks"]) samples += row["run_type"] == "iteration";
  EXPECT_EQ(samples, 6);
  EXPECT_EQ(json["benchmarks"][0]["name"], std::string("naive/") + kSmall + "/hot");
}

TEST_F(BenchTest, budget_that_is_spent_leaves_cases_out_and_names_them) {
  const std::string path = file("record.json");
  const Output output =
      run("bench --backend naive --hot --blocks 6 --sample-ms 0.05 --budget 1e-9 --json " + path +
          " --problem " + kSmall);
  EXPECT_EQ(output.status, 3) << output.text;
  EXPECT_NE(output.text.find("left out: 1 of 1 problems"), std::string::npos) << output.text;
  EXPECT_EQ(read_json(path)["context"]["poolbench"]["left_out"][0], kSmall);
  const std::string timed = file("timed.json");
  run("bench --backend naive --hot --blocks 6 --sample-ms 0.05 --budget 1000 --json " + timed +
      " --problem " + kSmall);
  EXPECT_TRUE(read_json(timed)["context"]["poolbench"]["left_out"].empty());
}

TEST_F(BenchTest, profile_launches_each_contender_and_times_nothing) {
  const std::string base = "bench --profile --problem " + std::string(kSmall);
  expect(base + " --backend naive,openmp", 0, std::string("launched openmp/") + kSmall);
  expect("bench --profile --backend naive --kernel table --problem " + std::string(kSmall), 0,
         std::string("launched naive.table/") + kSmall + "  table");
  expect(base + " --module m=" + POOLBENCH_MODULES + "/broken_half.so --backend m", 2,
         std::string("WRONG    m/") + kSmall);
}

// Enough work that a sample's time is far from the clock's steps, and slower than any ceiling.
constexpr const char* kLarger = "max/sliding/f32/nchw/src:1x16x64x64/k:2x2";

std::string bench(const std::string& backends, const std::string& rest) {
  return "bench --blocks 6 --sample-ms 0.05 --backend " + backends + " --problem " + kLarger + " " +
         rest;
}

// The rows of a file in Google Benchmark's schema, without what a statistic appends.
std::set<std::string> rows_of(const nlohmann::json& json) {
  std::set<std::string> names;
  for (const auto& row : json["benchmarks"]) names.insert(row["run_name"]);
  return names;
}

std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> fields;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) fields.push_back(cell);
    rows.push_back(std::move(fields));
  }
  return rows;
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(BenchTest, a_run_of_refusals_alone_is_3) {
  const std::string mine = std::string(" --module mine=") + POOLBENCH_EXAMPLE_MODULE +
                           " --problem max/global/f32/nchw/src:1x1x4x4 --backend mine";
  expect("bench" + mine, 3, "every row was refused");
  expect("bench --profile" + mine, 3, "every row was refused");
  expect("bench --hot --blocks 6" + mine + ",naive", 0, "windowing: sliding in 2D only");
}

TEST_F(BenchTest, a_filter_that_leaves_nothing_is_named) {
  expect(bench("naive", "--filter nonesuch"), 3, "--filter 'nonesuch' matches none");
  expect(bench("naive", "--benchmark_filter=nonesuch"), 3,
         "--benchmark_filter 'nonesuch' matches none of the 2 rows");
  expect(bench("naive", "--benchmark_list_tests --benchmark_filter=nonesuch"), 3,
         "--benchmark_filter 'nonesuch' matches none");
}

TEST_F(BenchTest, a_filter_goes_by_the_names_that_are_shown) {
  const std::string hot = std::string("naive/") + kLarger + "/hot";
  const auto listed = [&](const std::string& filter) {
    return run(bench("naive,openmp", "--benchmark_list_tests --benchmark_filter='" + filter + "'"))
        .text;
  };
  EXPECT_EQ(listed("^naive/.*k:2x2/hot$"), hot + "\n");
  EXPECT_EQ(listed("/hot$"), hot + "\n" + std::string("openmp/") + kLarger + "/hot\n");
  EXPECT_EQ(listed("-/cold$"), listed("/hot$")) << "a minus takes the other rows";
  EXPECT_EQ(listed("all"), listed(".")) << "as Google Benchmark has it";
}

TEST_F(BenchTest, a_filter_holds_for_the_table_the_record_and_the_reporters_alike) {
  const std::string record = file("record.json"), out = file("out.json");
  const Output output = run(bench("naive,openmp", "--benchmark_filter='^openmp.*/hot$' --json " +
                                                      record + " --benchmark_out=" + out));
  const std::set<std::string> expected = {std::string("openmp/") + kLarger + "/hot"};
  EXPECT_EQ(rows_of(read_json(record)), expected);
  EXPECT_EQ(rows_of(read_json(out)), expected);
  EXPECT_EQ(output.text.find("naive"), std::string::npos) << output.text;
  EXPECT_EQ(output.text.find("cold"), std::string::npos) << output.text;
}

TEST_F(BenchTest, rows_are_named_alike_in_every_output) {
  const std::string record = file("record.json");
  const Output output = run_command(
      "(" + std::string(POOLBENCH_PROGRAM) + " " +
      bench("naive,openmp", "--benchmark_format=json --json " + record) + " 2>/dev/null)");
  const auto shown = nlohmann::json::parse(output.text);
  EXPECT_EQ(rows_of(shown), rows_of(read_json(record)));
  EXPECT_EQ(rows_of(shown).size(), 4u);
}

TEST_F(BenchTest, out_format_is_honoured) {
  const auto written = [&](const std::string& flags) {
    run(bench("naive", "--hot --benchmark_out=" + file("out") + flags));
    return text_of(file("out"));
  };
  EXPECT_EQ(written(" --benchmark_out_format=csv").rfind("name,iterations,real_time", 0), 0u);
  EXPECT_TRUE(nlohmann::json::accept(written(" --benchmark_out_format=json")));
  EXPECT_TRUE(nlohmann::json::accept(written("")));
  const std::string console = written(" --benchmark_out_format=console");
  EXPECT_FALSE(nlohmann::json::accept(console));
  EXPECT_NE(console.find(std::string("naive/") + kLarger + "/hot "), std::string::npos) << console;
}

TEST_F(BenchTest, what_google_benchmarks_flags_cannot_do_here_is_4) {
  expect(bench("naive", "--benchmark_out=" + file("out") + " --benchmark_out_format=xml"), 4,
         "--benchmark_out_format: 'xml' is unknown; one of json, csv, console");
  EXPECT_FALSE(fs::exists(file("out")));
  expect(bench("naive", "--benchmark_out_format=csv"), 4, "--benchmark_out");
  expect(bench("naive", "--benchmark_min_time=1"), 4, "--sample-ms");
  expect(bench("naive", "--benchmark_filter='['"), 4, "--benchmark_filter: '[' is not a regular");
}

TEST_F(BenchTest, a_coefficient_of_variation_is_a_ratio_in_csv) {
  run(bench("naive", "--hot --benchmark_out_format=csv --benchmark_out=" + file("out")));
  double sum = 0, squares = 0, count = 0, cv = NAN;
  for (const auto& row : read_csv(text_of(file("out")))) {
    if (row.size() < 5 || row[0].rfind("\"naive/", 0) != 0) continue;
    if (row[0].find("/hot_cv\"") != std::string::npos) {
      cv = std::stod(row[2]);
      EXPECT_EQ(row[4], "") << "a ratio has no unit";
    }
    if (row[0].find("/hot\"") == std::string::npos) continue;
    const double time = std::stod(row[2]);
    sum += time, squares += time * time, ++count;
  }
  ASSERT_EQ(count, 6);
  const double mean = sum / count, variance = (squares - sum * mean) / (count - 1);
  EXPECT_NEAR(cv, std::sqrt(variance) / mean, 1e-3 + 0.01 * cv);
}

}  // namespace
}  // namespace poolbench
