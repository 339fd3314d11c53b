// Runs cases in a child, and finds out who ended it.
#ifndef POOLBENCH_BENCH_SUPERVISE_SUPERVISOR_H_
#define POOLBENCH_BENCH_SUPERVISE_SUPERVISOR_H_

#include <set>

#include "bench/supervise/child.h"
#include "host/turn.h"

namespace poolbench {

// A case in which the child dies or hangs is run with each contender alone: a crash may follow
// another one's wild write. Who does it again alone is set aside, with a row that says so, and the
// case runs with the others. So it is with a cheat: who was caught may only have been spoilt by
// another one, so it runs alone, and beside each other one alone.
class Supervisor : public Runner {
 public:
  // Starts a child and waits until it has opened its backends.
  explicit Supervisor(double case_limit) : case_limit_(case_limit) { opened_ = start(); }

  // Whether there are cases to run. If not, the command is done, with status().
  bool has_cases() const { return opened_.has_value(); }
  ExitStatus status() const { return status_; }

  const Opened& opened() const override { return *opened_; }
  std::optional<Json> run(size_t index) override;
  Json news() override { return std::exchange(news_, Json::object()); }
  void renew() override;
  Json notes() const override;
  ExitStatus finish() override;

 private:
  // What became of a question to the child.
  struct Answer {
    std::optional<Json> rows;  // or the row that was to be explained
    SetAside caught;
    uint64_t seed = 0;  // by which they were caught
    Cases::Unexplained unexplained;
    std::optional<Death> death;
    Turn turn;  // whose turn it was
  };
  // Contenders that ended the child in this many cases do not run any more.
  static constexpr int kFalls = 3;
  struct Falls {
    int count = 0;
    std::string first;  // case
  };

  std::optional<Opened> start();
  bool restart();
  Answer ask(const Json& question);
  Answer ask(size_t index, const SetAside& set_aside, uint64_t seed = 0);
  void explain(size_t index, const Cases::Unexplained& unexplained, Json& rows);
  std::optional<std::pair<std::string, Verdict>> find_culprit(size_t index,
                                                              const SetAside& set_aside,
                                                              const std::string& suspect);
  std::pair<std::string, Verdict> find_guilty(size_t index, const SetAside& set_aside,
                                              const Answer& answer);
  Answer ask_alone(size_t index, const std::set<std::string>& contenders, uint64_t seed = 0);
  void blame(const std::string& contender, const Verdict& verdict, size_t index,
             SetAside& set_aside);
  static bool is_own_delay(const Answer& answer);
  void set_rest_aside(SetAside& set_aside, const std::string& reason) const;

  double case_limit_;
  std::optional<Child> child_;
  std::optional<Opened> opened_;
  ExitStatus status_ = kAsExpected;
  bool gone_ = false;  // no child runs any more, and none can be started
  Json news_ = Json::object();
  int restarts_ = 0;                    // after a death, or to run somebody alone
  std::map<std::string, Falls> falls_;  // by contender
  SetAside barred_;
};

// Runs `work`, which needs no answers, in a child, and returns its status. In a child, and where
// nobody supervises, just runs it.
ExitStatus in_child(const std::function<ExitStatus()>& work);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_SUPERVISOR_H_
