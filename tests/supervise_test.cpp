// The supervisor and a child, which is this test again with cases that only say what happens.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/supervise/journal.h"
#include "bench/supervise/supervisor.h"

namespace poolbench {
namespace {

enum Case {
  kFine,
  kLosesDevice,
  kSlowJudge,
  kHangs,
  kEndsEarly,
  kAlwaysDies,
  kLeavesAProcess,
  kWrongOnSome,
  kExplained,
  kHangsWhenExplained,
  kLosesABackend
};
constexpr const char* kNames[] = {
    "fine",       "loses device",         "slow judge",       "hangs",
    "ends early", "always dies",          "leaves a process", "wrong on some inputs",
    "explained",  "hangs when explained", "loses a backend"};

// A file of the one test and its children that says that a backend is there no more.
constexpr const char* kLostBackend = "POOLBENCH_TEST_LOST_BACKEND";
std::string lost_backend() {
  const char* file = std::getenv(kLostBackend);
  return file != nullptr ? file : "";
}

// Two contenders. It is `a` that does what the case's name says.
class FakeCases : public Cases {
 public:
  FakeCases() {
    for (const char* name : kNames) opened_.cases.push_back({name, 1});
    opened_.contenders = {"a", "b"};
    if (std::filesystem::exists(lost_backend())) opened_.contenders.pop_back();
    opened_.facts = {{"process", getpid()}};
  }
  const Opened& opened() const override { return opened_; }
  std::string lost_device() const override { return lost_ ? "fell off the bus" : ""; }
  SetAside caught() const override { return caught_; }
  uint64_t seed() const override { return seed_; }
  void draw_from(uint64_t seed) override { seed_ = seed; }
  Json run(size_t index, const SetAside& set_aside) override {
    const bool a = !set_aside.contains("a");
    if (a && index == kLosesDevice) lost_ = true;
    if (index == kSlowJudge && set_aside.size() < 2) say_turn("", "judge"), hang();
    if (a && index == kHangs) say_turn("a", "verify"), hang();
    if (index == kEndsEarly) throw std::runtime_error("cannot go on");
    if (index == kAlwaysDies) std::raise(SIGSEGV);
    // Beside `b` it draws what `a` gets wrong, and alone only if told to.
    const bool drawn = !set_aside.contains("b") || seed_ != uint64_t(getpid());
    caught_.clear();
    if (a && index == kWrongOnSome && drawn) caught_["a"] = {Status::kWrong, "at 0"};
    latest_ = index;
    if (index == kLosesABackend) std::ofstream(lost_backend()) << "b", std::raise(SIGSEGV);
    if (index >= kExplained) return Json::array({"right", "wrong"});
    Json rows = {{"process", getpid()}};
    if (index == kLeavesAProcess) rows["left"] = left_behind();
    for (const std::string& name : opened_.contenders) {
      const auto aside = set_aside.find(name);
      rows[name] = aside == set_aside.end()
                       ? "ok"
                       : std::string(info(aside->second.status).name) + ": " + aside->second.reason;
    }
    return rows;
  }
  Unexplained unexplained() const override {
    return latest_ >= kExplained ? Unexplained{{1, "a"}} : Unexplained{};
  }
  Json explain(size_t index, const Json& row) override {
    if (index == kHangsWhenExplained) say_turn("a.kernel", "verify"), hang();
    return row.get<std::string>() + ", because";
  }

 private:
  // A process of a session of its own, whose parent ends.
  static pid_t left_behind() {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    const pid_t parent = fork();
    if (parent == 0) {
      setsid();
      const pid_t left = fork();
      if (left == 0) hang();
      [[maybe_unused]] const ssize_t written = write(ends[1], &left, sizeof left);
      _exit(0);
    }
    waitpid(parent, nullptr, 0);
    pid_t left = -1;
    return read(ends[0], &left, sizeof left) == sizeof left ? left : -1;
  }
  [[noreturn]] static void hang() {
    for (;;) pause();
  }
  Opened opened_;
  size_t latest_ = kFine;
  bool lost_ = false;
  SetAside caught_;
  uint64_t seed_ = uint64_t(getpid());
};

std::string row(const std::optional<Json>& rows, const char* contender) {
  return rows ? rows->at(contender).get<std::string>() : "not run";
}

TEST(Supervisor, a_lost_device_is_the_row_of_who_lost_it) {
  Supervisor supervisor(kCaseLimit);
  const auto rows = supervisor.run(kLosesDevice);
  EXPECT_EQ(row(rows, "a"), "ERROR: lost the device: fell off the bus, alone too");
  EXPECT_EQ(row(rows, "b"), "ok");
  EXPECT_EQ(row(supervisor.run(kFine), "a"), "ok");
  EXPECT_EQ(supervisor.notes()["restarts"], 2) << "to run it alone, and to run the others";
  EXPECT_EQ(supervisor.finish(), kAsExpected);
}

TEST(Supervisor, who_hangs_has_a_row_and_a_slow_judge_is_no_contenders_fault) {
  Supervisor supervisor(0.2);
  auto rows = supervisor.run(kHangs);
  EXPECT_EQ(row(rows, "a"),
            "HUNG: did not end within 0.2 s (--case-limit) during verify, alone too");
  EXPECT_EQ(row(rows, "b"), "ok");
  rows = supervisor.run(kSlowJudge);
  for (const char* contender : {"a", "b"})
    EXPECT_EQ(row(rows, contender), "ERROR: judging it takes longer than 0.2 s (--case-limit)");
}

TEST(Supervisor, who_hangs_while_a_row_is_explained_keeps_the_row_and_is_to_blame) {
  Supervisor supervisor(0.2);
  EXPECT_EQ(supervisor.run(kExplained), Json::array({"right", "wrong, because"}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(row(supervisor.run(kFine), "a"), "ok");
    EXPECT_EQ(supervisor.run(kHangsWhenExplained), Json::array({"right", "wrong"}));
  }
  EXPECT_EQ(
      row(supervisor.run(kFine), "a"),
      "HUNG: left out after 3 cases, of which hangs when explained was the first, where it did "
      "not end within 0.2 s (--case-limit) during verify");
}

// As where a driver is taken away: rows of a part would pass for the whole.
TEST(Supervisor, where_a_new_process_finds_fewer_backends_nothing_more_runs) {
  const std::string file = fmt::format("{}/lost_backend_{}", testing::TempDir(), getpid());
  setenv(kLostBackend, file.c_str(), 1);
  Supervisor supervisor(kCaseLimit);
  EXPECT_TRUE(supervisor.run(kFine));
  EXPECT_FALSE(supervisor.run(kLosesABackend));
  EXPECT_FALSE(supervisor.run(kFine));
  std::filesystem::remove(lost_backend());
}

// On other draws a wrong contender may be right, and somebody else be blamed.
TEST(Supervisor, who_is_wrong_on_some_inputs_is_looked_at_alone_on_the_same) {
  Supervisor supervisor(10);
  const auto rows = supervisor.run(kWrongOnSome);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at("a"), "WRONG: at 0");
  EXPECT_EQ(rows->at("b"), "ok");
}

// Without anybody's code in it, a death is no contender's.
TEST(Supervisor, a_case_that_dies_with_nobody_in_it_is_left_out) {
  Supervisor supervisor(kCaseLimit);
  EXPECT_FALSE(supervisor.run(kAlwaysDies));
  EXPECT_EQ(row(supervisor.run(kFine), "a"), "ok");
}

TEST(Supervisor, renewed_it_runs_cases_in_a_fresh_process) {
  Supervisor supervisor(kCaseLimit);
  const auto process = [&] { return supervisor.run(kFine)->at("process").get<int>(); };
  const int first = process();
  EXPECT_EQ(process(), first);
  supervisor.renew();
  const int second = process();
  EXPECT_NE(second, first);
  EXPECT_EQ(process(), second);
  EXPECT_EQ(supervisor.notes()["restarts"], 0) << "nobody died";
  EXPECT_EQ(supervisor.finish(), kAsExpected);
}

TEST(Supervisor, what_a_case_leaves_running_ends_with_the_run) {
  Supervisor supervisor(kCaseLimit);
  const auto rows = supervisor.run(kLeavesAProcess);
  ASSERT_TRUE(rows);
  const pid_t left = rows->at("left");
  ASSERT_GT(left, 0);
  EXPECT_EQ(kill(left, 0), 0) << "it is there while the run goes on";
  EXPECT_EQ(supervisor.finish(), kAsExpected);
  EXPECT_NE(kill(left, 0), 0);
}

TEST(Supervisor, a_child_that_ends_before_its_end_has_said_why) {
  Supervisor supervisor(kCaseLimit);
  EXPECT_FALSE(supervisor.run(kEndsEarly));
  EXPECT_EQ(supervisor.finish(), kNotRun);
}

// Whoever finds the socket can write to it, but does not know the token.
TEST(Link, takes_messages_with_its_token_alone) {
  for (const char* line : {R"({"end":0,"token":"another"})", R"({"end":0})", "[]", "no JSON"}) {
    SCOPED_TRACE(line);
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Link here(ends[0]), there(ends[1]);
    here.set_token("right");
    there.set_token("right");
    ASSERT_TRUE(there.send({{"end", 0}}));
    ASSERT_TRUE(here.receive());
    EXPECT_EQ(here.next()->at("end"), 0);
    EXPECT_FALSE(here.next());
    const std::string text = std::string(line) + "\n";
    ASSERT_EQ(write(ends[1], text.data(), text.size()), ssize_t(text.size()));
    ASSERT_TRUE(here.receive());
    EXPECT_THROW(here.next(), Json::exception);
  }
}

// Some are known from the first case alone, and a run that continues does not repeat that one.
TEST(Journal, keeps_what_cases_added_to_the_facts) {
  const std::string record = testing::TempDir() + "/supervise_test_record";
  const std::vector<Opened::Case> cases = {{"a"}, {"b"}, {"c"}};
  {
    Journal journal(record, false, {});
    journal.begin(cases);
    journal.append(0, {{"row", 1}}, {{"modules", {{"m", {{"one", ""}}}}}});
    journal.append(1, {{"row", 2}}, {{"modules", {{"m", {{"two", ""}}}}}});
  }
  Journal journal(record, true, {});
  journal.begin(cases);
  EXPECT_EQ(journal.resumed(), 2u);
  EXPECT_EQ(*journal.rows(1), (Json{{"row", 2}}));
  EXPECT_EQ(journal.news(), (Json{{"modules", {{"m", {{"one", ""}, {"two", ""}}}}}}));
  journal.remove();
}

// A run that is killed and continued may be killed again.
TEST(Journal, what_a_kill_tore_off_is_in_nobodys_way) {
  const std::string record = testing::TempDir() + "/supervise_test_torn";
  const std::vector<Opened::Case> cases = {{"a"}, {"b"}, {"c"}};
  {
    Journal journal(record, false, {});
    journal.begin(cases);
    journal.append(0, {{"row", 1}}, Json::object());
  }
  std::ofstream(record + ".journal", std::ios::app) << R"({"case":1,"rows":{"ro)";
  {
    Journal journal(record, true, {});
    journal.begin(cases);
    EXPECT_EQ(journal.resumed(), 1u);
    journal.append(1, {{"row", 2}}, Json::object());
  }
  Journal journal(record, true, {});
  journal.begin(cases);
  EXPECT_EQ(journal.resumed(), 2u);
  EXPECT_EQ(*journal.rows(1), (Json{{"row", 2}}));
  journal.remove();
}

ExitStatus work() try {
  return serve([] { return Opening{std::make_unique<FakeCases>()}; });
} catch (const std::exception&) {
  return kNotRun;
}

}  // namespace
}  // namespace poolbench

int main(int argc, char** argv) {
  poolbench::become(true);
  if (poolbench::part() == poolbench::Part::kChild) {
    poolbench::tell_end(poolbench::work());
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
