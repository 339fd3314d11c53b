// One problem on one contender: planned, run, judged. What check reports and what bench demands
// before it times anything.
#ifndef POOLBENCH_BENCH_JUDGE_VERIFY_H_
#define POOLBENCH_BENCH_JUDGE_VERIFY_H_

#include <functional>
#include <optional>

#include "bench/select/contender.h"
#include "host/compare.h"
#include "host/fill.h"
#include "host/run.h"

namespace poolbench {

enum class Status {
  kOk,
  kRefused,  // with a reason: the contender does not take the problem, or may not be timed
  kWrong,    // the output is wrong or the Plan contract broken
  kInvalid,  // timed, but the time cannot be true
  kError,    // something failed: memory, the device
};
std::string_view status_name(Status status);

// An input, and which one it is: --fill KIND --seed N, or a golden file's.
struct Input {
  std::string name;  // "--fill uniform --seed 1"
  std::vector<std::byte> src;
  // What is known of the output beside the oracle: returns how it is missed, or nothing.
  std::function<std::string(const Outcome&)> expect = {};
};
// Throws OutOfMemory when the host cannot hold the case.
Input make_input(const Problem& problem, FillKind kind, uint64_t seed);

// What came out right before, without a known difference, for one problem and input: the same bits
// need no second judgement.
struct Accepted {
  std::vector<std::byte> dst;
  std::vector<int64_t> indices;
  Comparison comparison;
};

struct Verdict {
  Status status = Status::kOk;
  std::string reason;  // of everything but kOk: one line
  std::string kernel;  // the one that was chosen; empty when there was none
  // Known differences of a library are in here; where nothing else is wrong, the status is kOk.
  std::optional<Comparison> comparison;
  uint64_t output_hash = 0;  // of the judged output's bits; the timed ones must have the same
};
// Whether a contender came out different by its own known rules, and not wrong.
bool differs(const Verdict& verdict);
uint64_t output_hash(const std::vector<std::byte>& dst, const std::vector<int64_t>& indices);

// A problem made ready on a contender, or why it could not be: `plan` is null then. Never throws
// for what a contender or device does.
struct Prepared {
  Contender contender;
  std::unique_ptr<Plan> plan;
  Verdict verdict;
};
Prepared prepare(const Contender& contender, const Problem& problem);

// Runs a prepared plan on an input and judges what it gives; without a plan, says again why not.
// `accepted` is read and written; start each problem and input with an empty one.
Verdict verify(const Prepared& prepared, const Problem& problem, const Input& input,
               std::optional<Accepted>& accepted);

// The worst points of a comparison, a line each, for people.
std::string describe_worst(const Problem& problem, const Comparison& comparison);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_VERIFY_H_
