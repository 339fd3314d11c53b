#include "bench/supervise/case_run.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <numeric>
#include <utility>

#include "bench/supervise/supervisor.h"

namespace poolbench {
namespace {

using Clock = std::chrono::steady_clock;

// Runs the cases in this process.
class Unsupervised : public Runner {
 public:
  explicit Unsupervised(std::unique_ptr<Cases> cases) : cases_(std::move(cases)) {}
  const Opened& opened() const override { return cases_->opened(); }
  std::optional<Json> run(size_t index) override {
    Json rows = cases_->run(index, {});
    for (const auto& [row, contender] : cases_->unexplained())
      rows[row] = cases_->explain(index, rows[row]);
    return rows;
  }
  Json news() override { return cases_->news(); }
  void renew() override {}
  Json notes() const override { return {{"supervised", false}, {"restarts", 0}}; }
  ExitStatus finish() override { return kAsExpected; }

 private:
  std::unique_ptr<Cases> cases_;
};

// Fills `runner` if there are cases; else returns the command's status.
ExitStatus begin(const OpenCases& open, double case_limit, std::unique_ptr<Runner>& runner) {
  if (part() == Part::kParent) {
    auto supervisor = std::make_unique<Supervisor>(case_limit);
    const ExitStatus status = supervisor->status();
    if (supervisor->has_cases()) runner = std::move(supervisor);
    return status;
  }
  Opening opening = open();
  if (opening.cases != nullptr) runner = std::make_unique<Unsupervised>(std::move(opening.cases));
  return opening.status;
}

}  // namespace

void add_run_flags(CLI::App& command, RunFlags& flags) {
  command
      .add_option("--case-limit", flags.case_limit,
                  "Seconds after which a problem that does not end is given up [300]")
      ->check(CLI::PositiveNumber);
  command.add_flag("--resume", flags.resume,
                   "Continue a run that was killed or interrupted, from FILE.journal of --json "
                   "FILE; the other arguments must be the same");
}

CaseRun::CaseRun(std::string_view what, const OpenCases& open, const RunFlags& flags,
                 const std::vector<std::string>& modules)
    : flags_(flags), journal_(flags.json, flags.resume, modules), budget_(flags.budget) {
  status_ = begin(open, flags.case_limit, runner_);
  if (!has_cases()) return;
  journal_.begin(opened().cases);
  facts_ = opened().facts;
  facts_.merge_patch(journal_.news());
  std::vector<size_t> all(opened().cases.size());
  std::iota(all.begin(), all.end(), 0);
  plan(what, std::move(all));
}

void CaseRun::plan(std::string_view what, std::vector<size_t> cases) {
  if (at_ > 0) ++round_, renew_ = true;
  plan_ = std::move(cases);
  at_ = 0;
  seconds_ = 0;
  double total = 0;
  for (const size_t index : plan_) total += opened().cases[index].work;
  progress_.emplace(what, int64_t(plan_.size()), total);
}

double CaseRun::elapsed() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

std::optional<Json> CaseRun::next() {
  while (at_ < plan_.size())
    if (auto rows = run(plan_[at_++])) return rows;
  return std::nullopt;
}

std::optional<Json> CaseRun::run(size_t index) {
  const auto& [name, work] = opened().cases[index];
  const size_t key = round_ * opened().cases.size() + index;
  progress_->step(name, work);
  std::optional<Json> rows;
  const double begin = elapsed();
  if (const Json* finished = journal_.rows(key)) {
    rows = *finished;
  } else if (!budget_.allows(begin, work)) {
    over_budget_ = true;
  } else if (!Interrupt::asked()) {
    if (std::exchange(renew_, false)) runner_->renew();
    if ((rows = runner_->run(index))) {
      budget_.took(elapsed() - begin, work);
      const Json news = runner_->news();
      facts_.merge_patch(news);
      journal_.append(key, *rows, news);
    }
  }
  seconds_ += elapsed() - begin;
  progress_->clear();
  if (!rows) left_out_.push_back(name);
  return rows;
}

void CaseRun::record_is_written() {
  if (left_out_.empty()) journal_.remove();
}

Json CaseRun::notes() const {
  Json notes = runner_->notes();
  if (flags_.resume) notes["resumed"] = journal_.resumed();
  return notes;
}

ExitStatus CaseRun::finish() {
  const ExitStatus status = runner_->finish();
  if (left_out_.empty()) return status;
  const std::string why = Interrupt::asked() ? "the run was interrupted"
                          : over_budget_
                              ? fmt::format("the budget of {} s was spent", flags_.budget)
                              : "the process died without a contender in it";
  if (round_ == 0)
    fmt::print(stderr, "left out: {} of {} problems, for {}: {}{}\n", left_out_.size(),
               opened().cases.size(), why, left_out_.front(), left_out_.size() > 1 ? ", …" : "");
  else
    fmt::print(stderr, "left out of process {}: {} problems, for {}: {}{}\n", round_ + 1,
               left_out_.size(), why, left_out_.front(), left_out_.size() > 1 ? ", …" : "");
  return worse(status, kNotRun);
}

}  // namespace poolbench
