// Races from outside: verdicts, exit statuses, files, and runs that continue.
#include <map>
#include <sstream>

#include "tests/program.h"

namespace poolbench {
namespace {

// The state of the machine that runs the tests stays as it is.
class RaceTest : public ProgramTest {
 protected:
  // Few processes that are soon convinced, and short samples: enough for naive against openmp.
  Output race(const std::string& rest, const char* false_rate = "50") const {
    return run("race --hot --sample-ms 0.02 --blocks 4 --confirm 6 --processes 7 --false-rate " +
               std::string(false_rate) + " --aa-file " + file("aa.json") + " " + rest);
  }
  void expect_race(const std::string& rest, int status, const std::string& says,
                   const char* false_rate = "50") const {
    SCOPED_TRACE("poolbench race … " + rest);
    const Output output = race(rest, false_rate);
    EXPECT_EQ(output.status, status) << output.text;
    EXPECT_NE(output.text.find(says), std::string::npos) << output.text;
  }
  static std::string module(const std::string& name) {
    return std::string(POOLBENCH_MODULES) + "/" + name + ".so";
  }
};

constexpr const char* kMedium = " --problem max/sliding/f32/nchw/src:1x64x112x112/k:3x3";
constexpr const char* kTwo = " --problem 'max/sliding/f32/nchw/src:1x2x{8,9}x8/k:2x2'";

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(RaceTest, a_slower_kernel_fails_the_gate_by_name_and_a_race_without_it_does_not) {
  const std::string json = file("race.json"), junit = file("junit.xml"), markdown = file("r.md");
  const std::string two = "--contender base=openmp --contender head=naive" + std::string(kMedium);
  expect_race(two + " --gate --json " + json + " --junit " + junit + " --markdown " + markdown, 1,
              "SLOWER");
  const auto race = read_json(json)["race"];
  ASSERT_EQ(race["rows"].size(), 1u);
  const auto row = race["rows"][0];
  EXPECT_EQ(row["verdict"], "SLOWER") << row.dump();
  EXPECT_EQ(row["base"], "base");
  EXPECT_EQ(row["contender"], "head");
  EXPECT_EQ(row["again"].size(), 6u);
  EXPECT_GT(row["effect"]["low"], 0.1);
  EXPECT_EQ(row["repeat"],
            "poolbench race --gate --contender base=openmp --contender head=naive --hot --problem "
            "'max/sliding/f32/nchw/src:1x64x112x112/k:3x3'");
  EXPECT_EQ(race["processes"]["again"], 6);
  EXPECT_GE(race["copies"]["pairs"], 2);
  EXPECT_FALSE(fs::exists(json + ".journal"));
  EXPECT_NE(text_of(junit).find("<testsuite name=\"performance\" tests=\"1\" failures=\"1\""),
            std::string::npos)
      << text_of(junit);
  EXPECT_NE(text_of(junit).find("<testsuite name=\"correctness\" tests=\"1\" failures=\"0\""),
            std::string::npos);
  EXPECT_NE(
      text_of(junit).find("<testsuite name=\"missing\" tests=\"1\" failures=\"0\" errors=\"0\""),
      std::string::npos);
  EXPECT_NE(text_of(markdown).find("| SLOWER | `max/sliding"), std::string::npos)
      << text_of(markdown);
  expect_race(two + " --explain", 0, "when 6 fresh processes ran it again");
  EXPECT_EQ(read_json(file("aa.json"))["machines"].begin()->at("pairs"), 4) << "pooled over runs";
}

TEST_F(RaceTest, what_is_wrong_or_did_not_run_is_never_green) {
  const std::string base = "--gate --contender base=naive --contender ";
  expect_race(base + "head=odd@" + module("odd_zeros") + kMedium, 2, "WRONG");
  expect_race(base + "head=m@" + module("broken_crash_in_launch") + kMedium, 3, "CRASHED");
  expect_race(
      base + "head=m@" + module("example") + " --problem max/sliding/f16/nchw/src:1x2x8x8/k:2x2", 3,
      "MISSING");
  expect_race("--contender naive --contender head=m@" + module("example") +
                  " --problem max/sliding/f16/nchw/src:1x2x8x8/k:2x2",
              3, "refused");
  expect_race(base + "openmp", 3, "nothing was selected");
  expect_race(base + "openmp --suite smoke --filter nothing", 3, "matches none");
}

TEST_F(RaceTest, unresolved_fails_the_strict_alone) {
  const std::string two = "--contender naive --contender again=naive" + std::string(kMedium);
  expect_race(two, 0, "would resolve it:", "0.0001");
  expect_race(two + " --strict", 3, "UNRESOLVED", "0.0001");
}

TEST_F(RaceTest, modules_meet_as_two_copies_of_two_files) {
  const Output output = race("--contender base=naive@" + module("naive_again") +
                             " --contender head=naive@" + module("naive_again") + kMedium);
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_NE(output.text.find("head"), std::string::npos) << output.text;
}

TEST_F(RaceTest, bad_contenders_are_refused_by_name) {
  const std::string naive = "--contender naive" + std::string(kMedium) + " --contender ";
  expect_race("--contender naive" + std::string(kMedium), 4, "needs two contenders");
  expect_race(naive + "naive", 4, "NAME=naive gives it a name");
  expect_race(naive + "m@" + module("example"), 4, "is right, as in");
  expect_race(naive + "h=m@/nowhere.so", 5, "h (/nowhere.so) cannot be read");
  expect_race(naive + "h=m@" + module("gnu_unique"), 5, "GNU-unique");
  expect_race(naive + "nonesuch", 5, "'nonesuch' is unknown");
  expect_race(naive + "openmp.nonesuch", 4, "has no kernel 'nonesuch'");
  expect_race("--no-supervisor " + naive + "openmp", 4, "fresh processes");
  expect_race("--aa 1 --plant 2" + std::string(kMedium), 4, "--aa plants nothing");
}

TEST_F(RaceTest, identical_and_planted_contenders_are_counted) {
  const std::string json = file("trials.json");
  expect_race("--plant 300 --contender naive --json " + json + kMedium, 0, "naive-plus-300");
  auto trial = read_json(json)["trials"]["contenders"][0];
  EXPECT_EQ(trial["slower"], 1) << trial.dump();
  EXPECT_EQ(trial["faster"], 0);
  EXPECT_NEAR(trial["bias"], 0, 0.2);
  expect_race("--aa 2 --contender naive --json " + json + kMedium, 0, "naive-again");
  trial = read_json(json)["trials"]["contenders"][0];
  EXPECT_EQ(trial["races"], 2);
  EXPECT_EQ(trial["rows"], 2);
}

TEST_F(RaceTest, stored_records_are_judged_by_wider_rules) {
  const std::string a = file("a.json"), b = file("b.json");
  const auto bench = [&](const std::string& contender, const std::string& json, int status) {
    EXPECT_EQ(run("bench --hot --blocks 6 --sample-ms 0.02 --module m=" + module(contender) +
                  " --backend m --json " + json + kMedium)
                  .status,
              status);
  };
  bench("naive_again", a, 0);
  bench("odd_rounds_up", b, 2);
  const std::string records = "--records " + a + " ";
  expect_race(records + a, 0, "identical code differs by 8 %");
  expect_race(records + a + " --strict", 3, "UNRESOLVED");
  expect_race(records + b + " --gate --junit " + file("junit.xml"), 2, "WRONG");
  expect_race(records + a + " --contender naive", 4, "runs nothing");
  expect_race(records + a + kMedium, 4, "judges all rows");
  expect_race(records + file("none.json"), 4, "cannot be read");
  const std::string text = text_of(a), other = write("other.json", text);
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    write("other.json", changed);
    return records + other;
  };
  expect_race(edited("\"checked\":", "\"Checked\":"), 4, "was changed after it was written");
  expect_race(edited("\"seal\":", "\"leas\":"), 4, "has no seal");
  write("other.json", text.substr(0, text.size() / 2));
  expect_race(records + other, 4, "is no record");
  write("other.json", "{}");
  expect_race(records + other, 4, "is no record");
}

TEST_F(RaceTest, a_killed_run_continues_where_it_was) {
  const std::string json = file("race.json");
  const auto again = [&](const std::string& more) {
    return run_command("POOLBENCH_TEST_FILE=" + file("processes") + " exec " + POOLBENCH_PROGRAM +
                       " race --hot --sample-ms 0.02 --blocks 4 --processes 6 --disturbed 1e9 "
                       "--aa-file '' --contender naive --contender m=m@" +
                       module("odd_kills_fourth_parent") + kTwo + " --json " + json + more);
  };
  EXPECT_EQ(again("").status, 1000 + SIGKILL);
  EXPECT_FALSE(fs::exists(json));
  const Output output = again(" --resume");
  EXPECT_EQ(output.status, 0) << output.text;
  const auto record = read_json(json);
  EXPECT_EQ(record["context"]["poolbench"]["noted"]["run"]["resumed"], 6);
  EXPECT_EQ(record["race"]["rows"].size(), 2u);
  for (const auto& row : record["race"]["rows"]) EXPECT_EQ(row["first"].size(), 6u) << row.dump();
  EXPECT_EQ(fs::file_size(file("processes")), 7u + 2 * 3) << "three of six ran again";
}

// What was measured before is there.
TEST_F(RaceTest, a_signal_leaves_what_was_there) {
  const std::string here = file("here"), json = file("race.json");
  write("run.sh", "mkfifo " + here + "\nenv --default-signal=INT POOLBENCH_TEST_FILE=" + here +
                      " " + POOLBENCH_PROGRAM +
                      " race --hot --aa-file '' --contender naive --contender m=m@" +
                      module("broken_hang_in_launch") + kTwo + " --json " + json +
                      " &\nread word < " + here + "\nkill -INT $!\nwait $!\n");
  const Output output = run_command("sh " + file("run.sh"));
  EXPECT_EQ(output.status, 3) << output.text;
  EXPECT_NE(output.text.find("MISSING"), std::string::npos) << output.text;
  EXPECT_EQ(read_json(json)["race"]["rows"].size(), 2u);
}

}  // namespace
}  // namespace poolbench
