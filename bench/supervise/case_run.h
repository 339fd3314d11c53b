// The loop over the cases of a command: watched, within a budget, with a journal and a line of
// progress; ended by a signal, continued by --resume.
#ifndef POOLBENCH_BENCH_SUPERVISE_CASE_RUN_H_
#define POOLBENCH_BENCH_SUPERVISE_CASE_RUN_H_

#include <chrono>

#include "bench/report/progress.h"
#include "bench/supervise/journal.h"
#include "bench/time/budget.h"
#include "bench/time/interrupt.h"

namespace CLI {
class App;
}

namespace poolbench {

struct RunFlags {
  std::string json;  // the record, whose journal this run keeps
  double case_limit = kCaseLimit;
  double budget = 0;  // seconds; 0: none
  bool resume = false;
};
// Adds --case-limit and --resume.
void add_run_flags(CLI::App& command, RunFlags& flags);

class CaseRun {
 public:
  // Opens the backends: in a child, or here if nobody supervises. `what`: the command, for the
  // line of progress. `modules`: NAME=FILE, on which the results depend too.
  CaseRun(std::string_view what, const OpenCases& open, const RunFlags& flags,
          const std::vector<std::string>& modules);

  // Whether there is anything to run. If not, the command is done, with status().
  bool has_cases() const { return runner_ != nullptr; }
  ExitStatus status() const { return status_; }
  const Opened& opened() const { return runner_->opened(); }
  // Those that were known once the backends were open, and what the cases so far have added.
  const Json& facts() const { return facts_; }

  // Plans a round: these cases, in this order, in a fresh process. Without a call there is one
  // round of all cases.
  void plan(std::string_view what, std::vector<size_t> cases);
  // Runs the next case of the round, or takes it from the journal, and returns its rows; nothing
  // after the last one.
  std::optional<Json> next();
  // The case whose rows next() has returned.
  size_t at() const { return plan_[at_ - 1]; }
  // Seconds for which cases of this round ran.
  double seconds() const { return seconds_; }
  // Whether nothing more will run.
  bool is_over() const { return Interrupt::asked() || over_budget_; }
  // After the last case: what was not run, and how the run was watched.
  const std::vector<std::string>& left_out() const { return left_out_; }
  Json notes() const;
  // Call it when the record is written. Removes the journal unless something was left out, and
  // says what; returns the status of all this.
  ExitStatus finish();
  // The journal is not needed any more, unless something was left out.
  void record_is_written();

 private:
  double elapsed() const;
  std::optional<Json> run(size_t index);

  RunFlags flags_;
  Interrupt interrupt_;
  Journal journal_;
  std::unique_ptr<Runner> runner_;  // null: there are no cases
  ExitStatus status_ = kAsExpected;
  Json facts_;
  Budget budget_;
  std::optional<Progress> progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::vector<size_t> plan_;  // cases of the round
  size_t at_ = 0, round_ = 0;
  bool renew_ = false;  // before the next case
  double seconds_ = 0;
  std::vector<std::string> left_out_;
  bool over_budget_ = false;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_CASE_RUN_H_
