// Runs one problem on one contender and judges the output. `check` reports the verdict; `bench`
// times only what was judged right.
#ifndef POOLBENCH_BENCH_JUDGE_VERIFY_H_
#define POOLBENCH_BENCH_JUDGE_VERIFY_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/select/contender.h"
#include "bench/status.h"
#include "host/compare.h"
#include "host/engines/process.h"
#include "host/fill.h"
#include "host/run.h"

namespace poolbench {

// An input of a problem.
struct Input {
  std::string name;  // "--fill uniform --seed 1", "golden max_2d.txt"
  std::vector<std::byte> src;
  // A further check of the output (golden files): returns what is wrong, or nothing.
  std::function<std::string(const Outcome&)> expect = {};
};
// Throws OutOfMemory if the host cannot hold the input and the outputs.
Input make_input(const Problem& problem, FillKind kind, uint64_t seed);

// The outcome of a contender on a problem.
struct Verdict {
  Status status = Status::kOk;
  std::string reason;  // one line; empty for kOk
  std::string kernel;  // the one that ran, or empty
  // Includes a library's known differences, which leave the status kOk.
  std::optional<Comparison> comparison;
  std::shared_ptr<const Outputs> outputs;  // the judged ones; timed ones must match right ones
};
// Contenders that must not run, with what their rows say instead.
using SetAside = std::map<std::string, Verdict>;
// What became of a contender whose process ended.
Status status_of(const ContenderEnded& ended);
// Returns whether the output differs, but only by documented rules of its library.
bool differs(const Verdict& verdict);

// A contender's plan for a problem and the latest verdict. Without a plan the verdict says why.
struct Prepared {
  Contender contender;
  std::unique_ptr<Plan> plan;
  Verdict verdict;
  double plan_seconds = 0;  // that making the plan took

  Prepared() = default;
  Prepared(Contender contender, std::unique_ptr<Plan> plan, Verdict verdict)
      : contender(std::move(contender)), plan(std::move(plan)), verdict(std::move(verdict)) {}
  Prepared(Prepared&&) = default;
  Prepared& operator=(Prepared&&) = default;
  ~Prepared();  // says whose plan ends

  // Whether the contender differs on purpose in an output that is wrong for the input `src`.
  bool explains(const Problem& problem, const void* src, const Point& point) const;
};
// Turns errors of the contender or the device into a verdict; throws none of them.
Prepared prepare(const Contender& contender, const Problem& problem);

// Judges any number of contenders on one problem and input. Both must outlive the judge.
class Judge {
 public:
  // `seed`: of the sample, where not all outputs are judged. `rules`: what is right instead of
  // host/spec.md, or null.
  Judge(const Problem& problem, const Input& input, uint64_t seed = 1,
        const RuleSet* rules = nullptr)
      : problem_(problem), input_(input), seed_(seed), rules_(rules) {}
  // Runs the plan and judges its output. Without a plan, returns the verdict so far.
  Verdict verify(const Prepared& prepared);

 private:
  void judge_outcome(Verdict& verdict, const Backend& backend, Outcome outcome);

  const Problem& problem_;
  const Input& input_;
  uint64_t seed_;
  const RuleSet* rules_;
  // The last output that was right without a known difference. Equal outputs skip the comparison.
  std::shared_ptr<const Outputs> right_;
  Comparison comparison_;  // of `right_`
};

// Describes the worst points of a comparison, one line each.
std::string describe_worst(const Problem& problem, const Comparison& comparison);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_VERIFY_H_
