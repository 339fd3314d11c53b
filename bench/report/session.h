// The problems of a bench run on their way: measured one by one, kept, saved.
#ifndef POOLBENCH_BENCH_REPORT_SESSION_H_
#define POOLBENCH_BENCH_REPORT_SESSION_H_

#include <chrono>
#include <optional>

#include "bench/report/progress.h"
#include "bench/time/bencher.h"
#include "bench/time/budget.h"
#include "bench/time/interrupt.h"

namespace poolbench {

// Measures each problem when its result is first asked for, and keeps the results.
class Session {
 public:
  // `record`: the file that results are saved to, or empty. `budget`: seconds, or 0. The bencher
  // must outlive the session.
  Session(Bencher& bencher, std::vector<Problem> problems, std::string record, double budget);

  const Bencher& bencher() const { return bencher_; }
  const std::vector<Problem>& problems() const { return problems_; }
  // Null: left out for want of time, or since the run was asked to end.
  const CaseResult* result(size_t problem);
  // Those measured so far, in order.
  std::vector<const CaseResult*> results() const;
  // The texts of those left out.
  std::vector<std::string> left_out() const;
  void save() const;
  Progress& progress() { return progress_; }

 private:
  using Clock = std::chrono::steady_clock;

  Interrupt interrupt_;
  Bencher& bencher_;
  std::vector<Problem> problems_;
  std::string record_;
  Budget budget_;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
  std::vector<std::optional<CaseResult>> results_;
  std::vector<bool> left_out_;
  Progress progress_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_SESSION_H_
