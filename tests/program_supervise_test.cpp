// The supervisor from outside: modules that crash, hang and exit, kills, and runs that continue.
#include <map>
#include <set>
#include <sstream>

#include "tests/program.h"

namespace poolbench {
namespace {

using SuperviseTest = ProgramTest;

constexpr const char* kTwoProblems = " --problem 'max/sliding/f32/nchw/src:1x2x{8,9}x8/k:2x2'";

std::string module(const std::string& name, const std::string& fault) {
  return " --module " + name + "=" + POOLBENCH_MODULES + "/broken_" + fault + ".so";
}

// What a record says of a row.
struct Said {
  std::string status, reason;
};

// By row name; fails for a row that comes twice.
std::map<std::string, Said> rows_of(const std::string& path) {
  std::map<std::string, Said> rows;
  const auto json = read_json(path);
  for (const auto& row : json["benchmarks"]) {
    if (!row.contains("poolbench")) continue;
    const auto& said = row["poolbench"];
    const std::string name = row["run_name"];
    EXPECT_TRUE(rows.insert({name, {said["status"], said["reason"]}}).second) << name << " twice";
  }
  return rows;
}

std::string text_of(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string bench(const std::string& backends, const std::string& rest) {
  return "bench --hot --blocks 2 --sample-ms 0.01 --backend " + backends + rest;
}

struct Fault {
  const char *module, *status, *reason;
};
constexpr Fault kFaults[] = {
    {"crash_in_launch", "CRASHED", "signal 11 (Segmentation fault) during verify, alone too"},
    {"abort_in_launch", "CRASHED", "signal 6 (Aborted) during verify, alone too"},
    {"kill_in_launch", "CRASHED", "signal 9 (Killed) during verify, alone too"},
    {"exit_in_launch", "EXITED", "exit status 0 during verify, alone too"},
    {"exit_in_plan", "EXITED", "exit status 7 during plan, alone too"},
    {"hang_in_launch", "HUNG", "did not end within 1 s (--case-limit) during verify, alone too"},
    {"plan_fails", "ERROR", "plan returned 2"},
};

TEST_F(SuperviseTest, who_ends_the_process_is_a_row_and_the_others_are_right) {
  for (const Fault& fault : kFaults) {
    SCOPED_TRACE(fault.module);
    const std::string record = file("record.json");
    const Output output = run(bench("naive,m,openmp", module("m", fault.module)) + kTwoProblems +
                              " --case-limit 1 --json " + record);
    EXPECT_EQ(output.status, 3) << output.text;
    const auto rows = rows_of(record);
    EXPECT_EQ(rows.size(), 6u);
    for (const auto& [name, said] : rows)
      if (name.starts_with("m/")) {
        EXPECT_EQ(said.status, fault.status) << name;
        EXPECT_NE(said.reason.find(fault.reason), std::string::npos) << said.reason;
      } else {
        EXPECT_NE(said.status, "ERROR") << name << ": " << said.reason;
        EXPECT_TRUE(said.status == "ok" || said.status == "INVALID") << name << said.status;
      }
    EXPECT_TRUE(read_json(record)["context"]["poolbench"]["noted"]["run"]["supervised"]);
    EXPECT_FALSE(fs::exists(record + ".journal"));
  }
}

TEST_F(SuperviseTest, check_goes_on_too) {
  const std::string record = file("record.json");
  const Output output = run("check --fill ties --backend naive,m" + module("m", "crash_in_launch") +
                            kTwoProblems + " --json " + record);
  EXPECT_EQ(output.status, 3) << output.text;
  EXPECT_NE(output.text.find("CRASHED: m max/sliding"), std::string::npos) << output.text;
  std::map<std::string, int> statuses;
  const auto json = read_json(record);
  for (const auto& row : json["checks"])
    ++statuses[row["contender"].get<std::string>() + " " + row["status"].get<std::string>()];
  EXPECT_EQ(statuses, (std::map<std::string, int>{{"m CRASHED", 2}, {"naive ok", 2}}));
}

TEST_F(SuperviseTest, who_did_it_in_three_cases_is_left_out_of_the_rest) {
  const std::string record = file("record.json");
  run(bench("naive,m", module("m", "exit_in_plan")) +
      " --problem 'max/sliding/f32/nchw/src:1x1x4x{4..8}/k:2x2' --json " + record);
  int left_out = 0;
  for (const auto& [name, said] : rows_of(record)) {
    if (!name.starts_with("m/")) continue;
    EXPECT_EQ(said.status, "EXITED");
    left_out += said.reason.starts_with(
        "left out after 3 cases, of which max/sliding/f32/nchw/"
        "src:1x1x4x4/k:2x2 was the first");
  }
  EXPECT_EQ(left_out, 2);
}

// Two modules of which only both together crash: nobody is blamed.
TEST_F(SuperviseTest, a_crash_that_none_makes_alone_is_nobodys) {
  const std::string record = file("record.json");
  fs::copy(POOLBENCH_MODULES + std::string("/broken_crash_beside_another.so"), file("b.so"));
  const Output output =
      run(bench("naive,a,b", module("a", "crash_beside_another") + " --module b=" + file("b.so")) +
          kTwoProblems + " --json " + record);
  EXPECT_EQ(output.status, 3) << output.text;
  const auto rows = rows_of(record);
  EXPECT_EQ(rows.size(), 6u);
  for (const auto& [name, said] : rows) {
    EXPECT_EQ(said.status, "ERROR") << name;
    EXPECT_NE(said.reason.find("none does it alone"), std::string::npos) << said.reason;
  }
}

TEST_F(SuperviseTest, a_crash_while_backends_are_opened_names_whose_turn_it_was) {
  for (const std::string command : {"bench", "check", "list backends"}) {
    const bool list = command == "list backends";
    expect(command + " --backend naive,m" + module("m", "crash_when_opened") +
               (list ? "" : kTwoProblems),
           5, "m ended the process by signal 11 (Segmentation fault) during load");
  }
}

TEST_F(SuperviseTest, a_record_says_where_a_module_comes_from) {
  const std::string record = file("record.json"), weights = write("weights", "w");
  const std::string m = POOLBENCH_MODULES + std::string("/broken_maps_in_plan.so");
  run_command("POOLBENCH_TEST_FILE=" + weights + " " + POOLBENCH_PROGRAM + " " +
              bench("naive,m", " --module m=" + m) + kTwoProblems + " --json " + record);
  const auto context = read_json(record)["context"]["poolbench"];
  const auto& module = context["modules"]["m"];
  EXPECT_EQ(module["file"], "modules/broken_maps_in_plan.so") << "from the program's folder";
  EXPECT_EQ(module["sha256"].get<std::string>() + "  " + m + "\n",
            run_command("sha256sum " + m).text);
  EXPECT_EQ(module["mapped"].value(fs::canonical(weights).string(), "not mapped"), "");
  EXPECT_EQ(context["modules"].size(), 1u) << "naive is no module";
  EXPECT_TRUE(context["noted"]["build_id"].is_string());
}

TEST_F(SuperviseTest, what_a_module_prints_is_no_row) {
  run_command("(" + std::string(POOLBENCH_PROGRAM) + " " + bench("naive,m", module("m", "prints")) +
              kTwoProblems + " >" + file("out") + " 2>" + file("err") + ")");
  EXPECT_EQ(text_of(file("out")).find("forged"), std::string::npos) << text_of(file("out"));
  EXPECT_NE(text_of(file("out")).find("naive"), std::string::npos);
  EXPECT_NE(text_of(file("err")).find("a backend printed:   openmp           forged"),
            std::string::npos)
      << text_of(file("err"));
}

TEST_F(SuperviseTest, without_a_supervisor_a_crash_is_a_crash) {
  expect("check --no-supervisor --backend naive --fill ties" + std::string(kTwoProblems), 0,
         "naive");
  const Output output = run("check --no-supervisor --fill ties --backend naive,m" +
                            module("m", "exit_in_plan") + kTwoProblems);
  EXPECT_EQ(output.status, 7) << output.text;
}

// The first signal is enough, also while a launch hangs.
TEST_F(SuperviseTest, a_signal_inside_a_hung_launch_leaves_a_record) {
  for (const char* signal : {"TERM", "INT"}) {
    const std::string record = file("record.json"), here = file(std::string("here_") + signal);
    // A shell's background commands ignore SIGINT, and poolbench leaves ignored signals so.
    write("run.sh",
          "mkfifo " + here + "\nenv --default-signal=INT POOLBENCH_TEST_FILE=" + here + " " +
              POOLBENCH_PROGRAM + " " + bench("naive,m", module("m", "hang_in_launch")) +
              " --problem 'max/sliding/f32/nchw/src:1x1x4x{4..9}/k:2x2' --json " + record +
              " &\nread word < " + here + "\nkill -" + signal + " $!\nwait $!\n");
    const Output output = run_command("sh " + file("run.sh"));
    EXPECT_EQ(output.status, 3) << output.text;
    EXPECT_NE(output.text.find("left out: 6 of 6 problems, for the run was interrupted"),
              std::string::npos)
        << output.text;
    EXPECT_EQ(read_json(record)["context"]["poolbench"]["left_out"].size(), 6u);
    EXPECT_TRUE(fs::exists(record + ".journal"));
  }
}

// A child that hangs cannot notice that its supervisor is gone; the kernel ends it.
TEST_F(SuperviseTest, nobody_is_left_when_the_supervisor_is_killed) {
  const std::string here = file("here");
  write("run.sh", "mkfifo " + here + "\nPOOLBENCH_TEST_FILE=" + here + " " + POOLBENCH_PROGRAM +
                      " check --backend m" + module("m", "hang_in_launch") + kTwoProblems +
                      " &\nread word < " + here +
                      "\nread child rest < /proc/$!/task/$!/children\nkill -KILL $!\n"
                      "timeout 60 tail --pid=$child -f /dev/null && echo child $child is gone\n");
  const Output output = run_command("sh " + file("run.sh"));
  EXPECT_EQ(output.status, 0) << output.text;
  EXPECT_NE(output.text.find(" is gone"), std::string::npos) << output.text;
}

// A run whose supervisor is killed in its third case of four, and what continues it.
class ResumeTest : public ProgramTest {
 protected:
  ResumeTest() {
    fs::copy(POOLBENCH_MODULES + std::string("/broken_kills_parent_once.so"), module_);
    const Output output = again("");
    EXPECT_EQ(output.status, 1000 + SIGKILL) << output.text;
    EXPECT_FALSE(fs::exists(record_));
  }
  Output again(const std::string& more, const std::string& program = POOLBENCH_PROGRAM) const {
    return run_command("POOLBENCH_TEST_FILE=" + file("killed") + " exec " + program + " " +
                       bench("naive,m", " --module m=" + module_) +
                       " --problem max/sliding/f32/nchw/src:{1x1,1x2,2x1,1x3}x4x4/k:2x2 --json " +
                       record_ + " " + more);
  }
  // A copy of a module or program that does the same and is another file.
  std::string another(const std::string& path) const {
    fs::copy(path, file("another"), fs::copy_options::overwrite_existing);
    std::ofstream(file("another"), std::ios::app) << "x";
    return file("another");
  }
  void expect_refused(const Output& output, const std::string& says) const {
    EXPECT_EQ(output.status, 4) << output.text;
    EXPECT_NE(output.text.find("--resume: " + journal_ + " " + says), std::string::npos)
        << output.text;
    EXPECT_TRUE(fs::exists(journal_));
  }
  // All rows are there once, `resumed` cases of them from the journal.
  void expect_all(int resumed) const {
    EXPECT_EQ(rows_of(record_).size(), 8u);
    const auto json = read_json(record_);
    EXPECT_EQ(json["context"]["poolbench"]["noted"]["run"].value("resumed", 0), resumed);
    EXPECT_TRUE(json["context"]["poolbench"]["left_out"].empty());
    EXPECT_FALSE(fs::exists(journal_));
  }
  void append(const std::string& text) const { std::ofstream(journal_, std::ios::app) << text; }

  const std::string record_ = file("record.json"), journal_ = record_ + ".journal";
  const std::string module_ = file("m.so");
};

TEST_F(ResumeTest, repeats_only_the_case_in_progress) {
  again("--resume");
  expect_all(2);
}

TEST_F(ResumeTest, a_line_that_was_torn_is_no_case) {
  append(R"({"case":2,"rows":{"gpus":nu)");
  again("--resume");
  expect_all(2);
}

TEST_F(ResumeTest, a_case_whose_line_lost_its_end_runs_again) {
  fs::resize_file(journal_, fs::file_size(journal_) - 7);
  again("--resume");
  expect_all(1);
}

TEST_F(ResumeTest, other_arguments_are_refused) {
  expect_refused(again("--resume --seed 2"), "has arguments");
}

TEST_F(ResumeTest, another_program_or_module_is_refused) {
  expect_refused(again("--resume", another(POOLBENCH_PROGRAM)), "has program");
  fs::rename(another(module_), module_);
  expect_refused(again("--resume"), "has modules");
}

// The lines are the head and two cases.
TEST_F(ResumeTest, a_journal_that_was_changed_is_refused) {
  const std::string journal = text_of(journal_);
  const size_t first = journal.find('\n') + 1, second = journal.find('\n', first) + 1;
  std::string edited = journal;
  edited[edited.find("\"seconds\":[", first) + 12] ^= 1;
  const std::string in_the_middle =
      "was changed after it was written: the seal of line 2 is sha256:";
  for (const auto& [text, says] :
       {std::pair(edited, in_the_middle),
        std::pair(journal.substr(0, first) + journal.substr(second), in_the_middle),
        std::pair(journal.substr(0, first) + journal.substr(second) +
                      journal.substr(first, second - first),
                  in_the_middle),
        std::pair(journal + "{}\n",
                  std::string("is no journal, or was changed after it was written: line 4")),
        std::pair(std::string("{}\n"),
                  std::string("is no journal, or was changed after it was written: line 1"))}) {
    std::ofstream(journal_) << text;
    expect_refused(again("--resume"), says);
    EXPECT_EQ(text_of(journal_), text);
  }
}

TEST_F(ResumeTest, a_fresh_run_sets_the_old_journal_aside) {
  const Output output = again("");
  EXPECT_NE(output.text.find("(--resume would continue it)"), std::string::npos) << output.text;
  EXPECT_TRUE(fs::exists(journal_ + "~"));
  expect_all(0);
}

TEST_F(ResumeTest, a_record_that_is_there_has_nothing_to_continue) {
  again("--resume");
  const Output output = again("--resume");
  EXPECT_EQ(output.status, 4) << output.text;
  EXPECT_NE(output.text.find("nothing is to be continued"), std::string::npos) << output.text;
}

TEST_F(SuperviseTest, no_kill_loses_a_row_or_brings_one_twice) {
  const Output output = run_command(std::string(POOLBENCH_RANDOM_KILLS) + " " + POOLBENCH_PROGRAM +
                                    " " + file("") + " 3 1");
  EXPECT_EQ(output.status, 0) << output.text;
}

}  // namespace
}  // namespace poolbench
