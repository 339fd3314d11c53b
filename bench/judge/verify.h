// One problem on one contender: planned, run, judged. `check` reports it; `bench` times nothing
// that was not judged right before.
#ifndef POOLBENCH_BENCH_JUDGE_VERIFY_H_
#define POOLBENCH_BENCH_JUDGE_VERIFY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/select/contender.h"
#include "bench/status.h"
#include "host/compare.h"
#include "host/fill.h"
#include "host/run.h"

namespace poolbench {

// A problem's input, and what is known of its output beside the reference.
struct Input {
  std::string name;  // "--fill uniform --seed 1", "golden max_2d.txt"
  std::vector<std::byte> src;
  // Returns how an output misses the known one, or nothing.
  std::function<std::string(const Outcome&)> expect = {};
};
// Throws OutOfMemory when the host cannot hold the case.
Input make_input(const Problem& problem, FillKind kind, uint64_t seed);

// The outcome of a contender on a problem.
struct Verdict {
  Status status = Status::kOk;
  std::string reason;  // one line; empty for kOk
  std::string kernel;  // the one that the backend chose; empty when there was none
  // Includes a library's known differences, which leave the status kOk.
  std::optional<Comparison> comparison;
  uint64_t output_hash = 0;  // of the judged output's bits; timed outputs must have the same
};
// Whether the output differs, and only by the library's own documented rules.
bool differs(const Verdict& verdict);

// A contender's plan for a problem, and the verdict so far. `plan` is null where there is none; the
// verdict then says why.
struct Prepared {
  Contender contender;
  std::unique_ptr<Plan> plan;
  Verdict verdict;
};
// Never throws for what a contender or a device does.
Prepared prepare(const Contender& contender, const Problem& problem);

// Judges contenders one after the other on one problem and input, which must outlive the judge.
class Judge {
 public:
  Judge(const Problem& problem, const Input& input) : problem_(problem), input_(input) {}
  // Runs the plan and judges its output. Without a plan, returns the verdict so far.
  Verdict verify(const Prepared& prepared);

 private:
  void judge_outcome(Verdict& verdict, const Backend& backend, Outcome outcome);

  const Problem& problem_;
  const Input& input_;
  // The last output that was right without a known difference. The same bits are not judged again.
  std::optional<Outputs> right_;
  Comparison comparison_;  // of `right_`
};

// The worst points of a comparison, a line each, for people.
std::string describe_worst(const Problem& problem, const Comparison& comparison);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_VERIFY_H_
