// record add, history and check from outside.
#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "tests/made_records.h"
#include "tests/program.h"

namespace poolbench {
namespace {

using testing::HasSubstr;
using testing::Not;

class RecordTest : public ProgramTest {
 protected:
  std::string put(const MadeRecord& made) const {
    return write(fmt::format("{}-{}.json", made.host, made.date.substr(0, 10)), text_of(made));
  }
  // Nightly records of a host, in a folder; from the night `slow` on openmp takes 20 % more time.
  void put_nights(int nights, int slow, const std::string& host = "vm1", double factor = 1,
                  uint64_t seed = 1) const {
    std::mt19937_64 random(seed);
    std::normal_distribution<> noise(0, 0.01);
    for (int i = 0; i < nights; ++i) {
      const auto row = [&](const char* contender, double seconds) {
        return MadeRow{.contender = contender,
                       .seconds = factor * seconds * std::exp(noise(random)),
                       .ceiling = factor * 0.5e-3};
      };
      put({.host = host,
           .commit = fmt::format("{:07}", i),
           .date = day(i),
           .rows = {row("openmp", i < slow ? 1e-3 : 1.2e-3), row("naive", 9e-3)}});
    }
  }
  Output add(const std::string& more = "") const {
    return run("record add " + file("runs.sqlite") + " " + file("") + more);
  }
  Output check(int night, const std::string& more = "") const {
    return run("record check " + file("runs.sqlite") + " --now " + day(night) + " " + more);
  }
};

TEST_F(RecordTest, records_and_folders_go_in_once) {
  put({});
  put({.date = day(1)});
  EXPECT_THAT(add().text, HasSubstr("added 2 records with 2 rows; 0 were there already"));
  const Output again = add(" " + file("vm1-2026-01-01.json"));
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.text, HasSubstr("added 0 records with 0 rows; 3 were there already"));
  fs::create_directory(file("empty"));
  expect("record add " + file("runs.sqlite") + " " + file("empty"), 3, "no *.json is in");
}

TEST_F(RecordTest, what_is_no_record_is_refused_by_name_and_the_others_go_in) {
  put({});
  const std::string whole = text_of({.date = day(1)});
  std::string edited = whole;
  edited.replace(edited.find("\"vm1\""), 5, "\"vm9\"");
  Json newer = json_of({}), dateless = json_of({});
  newer["context"]["poolbench"]["schema"] = 9;
  dateless["context"]["date"] = "yesterday";
  write("truncated.json", whole.substr(0, whole.size() / 2));
  write("edited.json", edited);
  write("newer.json", seal(line_of(newer)));
  write("dateless.json", seal(line_of(dateless)));
  write("foreign.json", "{\"a\": 1}");
  write("empty.json", "");
  const Output output = add(" " + file("nowhere.json"));
  EXPECT_EQ(output.status, 4);
  for (const char* name :
       {"truncated", "edited", "newer", "dateless", "foreign", "empty", "nowhere"})
    EXPECT_THAT(output.text, HasSubstr(fmt::format("/{}.json: ", name)));
  EXPECT_THAT(output.text, HasSubstr("added 1 records with 1 rows"));
  EXPECT_THAT(output.text, HasSubstr("7 were refused"));
  expect("record history " + file("runs.sqlite"), 0, "1111111");
}

TEST_F(RecordTest, a_full_disk_loses_nothing) {
  put({});
  ASSERT_EQ(add().status, 0);
  const std::string before = run("record history " + file("runs.sqlite")).text;
  std::vector<MadeRow> rows;
  for (int i = 1; i < 2000; ++i)
    rows.push_back({.problem = fmt::format("max/sliding/f32/nchw/src:1x3x8x{}/k:2x2", i + 1)});
  put({.date = day(1), .rows = rows});
  const Output full = run_command("trap '' XFSZ; ulimit -f 100; " POOLBENCH_PROGRAM " record add " +
                                  file("runs.sqlite") + " " + file(""));
  EXPECT_EQ(full.status, 3) << full.text;
  EXPECT_THAT(full.text, HasSubstr("Nothing of "));
  EXPECT_EQ(run("record history " + file("runs.sqlite")).text, before);
  EXPECT_THAT(add().text, HasSubstr("added 1 records with 1999 rows; 1 were there already"));
}

TEST_F(RecordTest, history_shows_a_case_over_commits_with_its_step) {
  put_nights(30, 20);
  ASSERT_EQ(add().status, 0);
  const Output output = run("record history " + file("runs.sqlite") + " --filter ^openmp/ ");
  EXPECT_EQ(output.status, 0);
  EXPECT_THAT(output.text, HasSubstr("0000020             2026-01-21"));
  EXPECT_THAT(output.text, HasSubstr("<- SLOWER +2"));
  EXPECT_THAT(output.text, Not(HasSubstr("naive")));
  std::istringstream lines(output.text);
  size_t width = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("2026-") == line.npos) continue;
    line = line.substr(0, line.find("  <-"));
    EXPECT_EQ(line.size(), width == 0 ? line.size() : width) << line;
    width = line.size();
  }
  EXPECT_GT(width, 40u);
  expect("record history " + file("runs.sqlite") + " --filter nothing", 3, "no row");
  expect("record history " + file("runs.sqlite") + " --filter '('", 4, "--filter");
  expect("record history " + file("nowhere.sqlite"), 4, "nowhere.sqlite");
}

TEST_F(RecordTest, check_tells_a_step_once) {
  put_nights(30, 20);
  ASSERT_EQ(add().status, 0);
  const Output first = check(30);
  EXPECT_EQ(first.status, 1) << first.text;
  EXPECT_THAT(first.text, HasSubstr("0000020"));
  EXPECT_THAT(first.text, HasSubstr("1 new steps, 0 told before"));
  const Output second = check(30);
  EXPECT_EQ(second.status, 0) << second.text;
  EXPECT_THAT(second.text, Not(HasSubstr("0000020")));
  EXPECT_THAT(second.text, HasSubstr("0 new steps, 1 told before"));
  EXPECT_THAT(check(30, "--told").text, HasSubstr("(told before)"));
}

TEST_F(RecordTest, a_second_step_on_one_commit_is_told_too) {
  for (int i = 0; i < 60; ++i) {
    put({.date = day(i),
         .rows = {{.seconds = (i < 20   ? 1e-3
                               : i < 40 ? 1.2e-3
                                        : 1.5e-3) *
                              (1 + 0.003 * (i % 3))}}});
    if (i != 30 && i != 59) continue;
    ASSERT_EQ(add().status, 0);
    const Output told = check(i);
    EXPECT_EQ(told.status, 1) << told.text;
    EXPECT_THAT(told.text, HasSubstr("1 new steps"));
    EXPECT_EQ(check(i).status, 0);
  }
}

TEST_F(RecordTest, rows_of_commits_that_a_repository_lacks_are_counted) {
  put({});
  ASSERT_EQ(add().status, 0);
  ASSERT_EQ(run_command("git init -q " + file("r") + " && git -C " + file("r") +
                        " -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m one")
                .status,
            0);
  EXPECT_THAT(check(1, "--repository " + file("r")).text,
              HasSubstr("1 rows are of commits that " + file("r") + " does not have"));
}

TEST_F(RecordTest, what_could_not_be_told_is_told_again) {
  put_nights(30, 20);
  ASSERT_EQ(add().status, 0);
  EXPECT_NE(run_command(POOLBENCH_PROGRAM " record check " + file("runs.sqlite") + " --now " +
                        day(30) + " > /dev/full")
                .status,
            0);
  EXPECT_EQ(check(30).status, 1);
}

TEST_F(RecordTest, a_faster_commit_is_told_and_fails_nothing) {
  put_nights(30, 20, "vm1", 1);
  ASSERT_EQ(add().status, 0);
  ASSERT_EQ(check(30).status, 1);
  for (int i = 30; i < 45; ++i)
    put({.commit = fmt::format("{:07}", i),
         .date = day(i),
         .rows = {{.contender = "openmp", .seconds = 0.9e-3 * (1 + 0.003 * (i % 3))}}});
  ASSERT_EQ(add().status, 0);
  const Output faster = check(45);
  EXPECT_EQ(faster.status, 0) << faster.text;
  EXPECT_THAT(faster.text, HasSubstr("FASTER"));
}

TEST_F(RecordTest, check_names_machines_that_are_silent_or_unlike_others) {
  for (const char* host : {"vm1", "vm2", "vm3", "vm4"})
    put_nights(10, 99, host, 1, uint64_t(host[2]));
  ASSERT_EQ(add().status, 0);
  EXPECT_EQ(check(11).status, 0);
  const Output silent = check(20, "--retired vm1 --retired vm2");
  EXPECT_EQ(silent.status, 3);
  EXPECT_THAT(silent.text, HasSubstr("silent: vm3"));
  EXPECT_THAT(silent.text, Not(HasSubstr("silent: vm1")));
  EXPECT_EQ(check(20, "--retired vm1 --retired vm9").status, 4);
  expect("record check " + file("runs.sqlite") + " --now today", 4, "--now: has the date 'today'");
  EXPECT_EQ(check(20, "--silent 30").status, 0);
  put_nights(10, 99, "vm5", 1.5, 5);
  ASSERT_EQ(add().status, 0);
  const Output outlier = check(11);
  EXPECT_EQ(outlier.status, 3);
  EXPECT_THAT(outlier.text, HasSubstr("outlier: vm5 takes +5"));
  EXPECT_THAT(outlier.text, HasSubstr("0 silent and 1 outlying"));
}

TEST_F(RecordTest, bench_says_of_which_commit_a_module_is) {
  const std::string bench =
      "bench --hot --blocks 6 --sample-ms 0.02 --backend past --module past=" +
      std::string(POOLBENCH_NAIVE_MODULE) + " --problem " + kSmall + " --json " + file("r.json");
  ASSERT_EQ(run(bench + " --revision past=abcdef0123").status, 0);
  ASSERT_EQ(add().status, 0);
  expect("record history " + file("runs.sqlite"), 0, "abcdef0123 ");
  expect(bench + " --revision other=abc", 4, "--revision: 'other=abc'");
  expect(bench + " --revision past=", 4, "--revision: 'past='");
}

}  // namespace
}  // namespace poolbench
