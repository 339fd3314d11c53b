#include "bench/report/session.h"

#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/record/record.h"
#include "host/file.h"

namespace poolbench {
namespace {

constexpr double kSecondsBetweenSaves = 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Time goes by elements, and each case costs some.
double work(const Problem& problem) {
  return double(problem.src_count() + problem.dst_count()) + 2e5;
}

double total_work(const std::vector<Problem>& problems) {
  return std::transform_reduce(problems.begin(), problems.end(), 0.0, std::plus<>(), work);
}

}  // namespace

Session::Session(Bencher& bencher, std::vector<Problem> problems, std::string record, double budget)
    : bencher_(bencher),
      problems_(std::move(problems)),
      record_(std::move(record)),
      budget_(budget),
      results_(problems_.size()),
      left_out_(problems_.size()),
      progress_("bench", int64_t(problems_.size()), total_work(problems_)) {}

const CaseResult* Session::result(size_t problem) {
  if (!results_[problem] && !left_out_[problem]) {
    const double next = work(problems_[problem]);
    const double before = seconds_since(start_);
    left_out_[problem] = Interrupt::asked() || !budget_.allows(before, next);
    if (left_out_[problem]) return nullptr;
    progress_.step(to_text(problems_[problem]), next);
    results_[problem] = bencher_.run(problems_[problem]);
    budget_.took(seconds_since(start_) - before, next);
    // A long run that is killed leaves what it had measured.
    if (seconds_since(saved_) >= kSecondsBetweenSaves) {
      save();
      saved_ = Clock::now();
    }
  }
  return results_[problem] ? &*results_[problem] : nullptr;
}

std::vector<const CaseResult*> Session::results() const {
  std::vector<const CaseResult*> done;
  for (const auto& result : results_)
    if (result) done.push_back(&*result);
  return done;
}

std::vector<std::string> Session::left_out() const {
  std::vector<std::string> texts;
  for (size_t i = 0; i < problems_.size(); ++i)
    if (left_out_[i]) texts.push_back(to_text(problems_[i]));
  return texts;
}

void Session::save() const {
  if (record_.empty()) return;
  const RunNotes notes{bencher_.options().watch, left_out()};
  write_file(record_, records_json(results(), notes).dump() + "\n");
}

}  // namespace poolbench
