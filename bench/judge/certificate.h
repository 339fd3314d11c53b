// The certificate: what a kernel must have shown before its time counts. One input cannot show that
// NaN, ties, infinities and subnormals are treated as host/spec.md says, and leaving them out makes
// a cheaper function; so the same kernel is judged on every kind of input, on a small problem.
#ifndef POOLBENCH_BENCH_JUDGE_CERTIFICATE_H_
#define POOLBENCH_BENCH_JUDGE_CERTIFICATE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bench/judge/verify.h"

namespace poolbench {

// Up to this many elements of src and dst, a problem is judged on every kind of input as it is.
constexpr int64_t kAllKinds = 100'000;

// Returns problems with the same spec, type and layout, from small to large; the last one is the
// problem itself. Very long windows come shorter first, so that the work is bounded by taps too.
// Few planes; outputs enough for vectors and their rest on the innermost axis; the
// rest of an extent modulo the stride, and of channels modulo 64, as in the problem.
std::vector<Problem> shrunk(const Problem& problem);

class Certificates {
 public:
  // `seed`: of the inputs. Verdicts are kept: a kernel is judged once on each small problem.
  // `rules`: Judge's, which outlive this.
  explicit Certificates(uint64_t seed, const RuleSet* rules = nullptr)
      : seed_(seed), rules_(rules) {}

  // Judges the kernel that was chosen for the problem, forced by its name, on the smallest of
  // shrunk() that it takes. Returns kOk, or what is wrong with a line to paste. Precondition: there
  // is a plan.
  Verdict judge(const Prepared& prepared, const Problem& problem);

 private:
  // The inputs of the latest problem and their judges, shared by its contenders.
  struct Trial {
    Input input;
    std::optional<Judge> judge;
  };
  void prepare_trials(const Problem& problem);
  Verdict judge_kinds(const Prepared& prepared, const Problem& problem);

  uint64_t seed_;
  const RuleSet* rules_;
  Problem problem_;  // of trials_
  std::vector<std::unique_ptr<Trial>> trials_;
  std::map<std::string, Verdict> verdicts_;  // by contender, kernel and small problem
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_CERTIFICATE_H_
