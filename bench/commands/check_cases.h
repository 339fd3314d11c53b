// The cases of `check`: problems with their inputs, judged on every contender.
#ifndef POOLBENCH_BENCH_COMMANDS_CHECK_CASES_H_
#define POOLBENCH_BENCH_COMMANDS_CHECK_CASES_H_

#include <memory>
#include <optional>

#include "bench/judge/certificate.h"
#include "bench/select/selection.h"
#include "bench/supervise/cases.h"
#include "host/fuzz.h"
#include "host/rules.h"

namespace poolbench {

// A problem and its inputs, made when they are needed.
struct CheckCase {
  Problem problem;
  std::vector<std::function<Input()>> inputs;
  bool certificate = false;  // too large for every kind of input: a small problem is judged on them
  std::optional<FuzzCase> fuzz = std::nullopt;  // drawn: the smallest problem that fails is sought
  std::string question = {};                    // the one of bench/judge/questions.h that it asks
};

struct CheckRow {
  std::string contender, problem, input;
  Verdict verdict;
  std::string worst;     // the comparison's worst points, for people
  std::string smallest;  // of a random problem that fails: the line of the smallest one found
  std::string dumped;    // the line that runs the case again from --dump's files
  std::string folder;    // of these files
  std::string question, answer;  // of a question: its name, and what came out
};
template <class F>
void fields(F& field, CheckRow& row) {
  field("contender", row.contender);
  field("problem", row.problem);
  field("input", row.input);
  field("verdict", row.verdict);
  field("worst", row.worst);
  field("smallest", row.smallest);
  field("dumped", row.dumped);
  field("folder", row.folder);
  field("question", row.question);
  field("answer", row.answer);
}

struct CheckOptions {
  uint64_t seed = 1;         // of certificates
  uint64_t sample_seed = 1;  // of the judged outputs, where not all are
  std::string rules;         // a set's name; empty: host/spec.md alone
  std::string dump;          // the folder for failing cases; empty: none
  std::string flags;         // what a line that runs a case again needs besides
  double seconds = 0;        // for which smaller problems that fail are sought
};

class CheckCases : public Cases {
 public:
  CheckCases(Backends backends, std::vector<CheckCase> cases, CheckOptions options);

  const Opened& opened() const override { return opened_; }
  std::string lost_device() const override { return poolbench::lost_device(backends_.contenders); }
  Json run(size_t index, const SetAside& set_aside) override;
  // Failures: a smaller problem, and what the oracle computes.
  Unexplained unexplained() const override { return unexplained_; }
  Json explain(size_t index, const Json& row) override;

 private:
  // Judges all contenders on an input. Those without a plan have a row on the first one only.
  void judge(size_t index, size_t input, const std::vector<Prepared>& prepared,
             std::vector<CheckRow>& rows);
  // Returns the command that runs a case again.
  std::string line(const std::string& contender, const Problem& problem,
                   const std::string& input) const;
  std::string smallest_line(const Contender& contender, const Verdict& verdict,
                            const FuzzCase& failing) const;

  Backends backends_;
  std::vector<CheckCase> cases_;
  CheckOptions options_;
  std::unique_ptr<const RuleSet> rules_;  // null: host/spec.md alone
  Certificates certificates_;
  Opened opened_;
  Unexplained unexplained_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_COMMANDS_CHECK_CASES_H_
