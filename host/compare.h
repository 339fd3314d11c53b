// The judgement of an output by the reference. host/spec.md, Judgement, has the rules.
#ifndef POOLBENCH_HOST_COMPARE_H_
#define POOLBENCH_HOST_COMPARE_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "host/judge.h"
#include "host/problem.h"
#include "host/rules.h"

namespace poolbench {

// One output element that was judged.
struct Point {
  int64_t n = 0, c = 0;
  Extents output = {};  // d, h, w
  double expected = 0;
  double got = 0;
  int64_t expected_index = -1;  // with indices
  int64_t got_index = -1;
  double ulp = 0;      // |got - expected| in units of the last place of the output type
  double allowed = 0;  // the same unit
};

// A point's value as people read it: integers in full, as far as a double has them.
std::string value_text(DType dtype, double value);

// What a library's rule says that it computes for an output instead of host/spec.md's value.
struct Prediction {
  std::string rule;          // "name: reason"
  double low = 0, high = 0;  // a value in this range; both NaN: NaN
  bool one_of_taps = false;  // and the window has a tap of that value
  int64_t index = -1;        // with indices
};
// A prediction of one value.
inline Prediction exactly(std::string rule, double value, int64_t index = -1) {
  return {std::move(rule), value, value, false, index};
}
// Whether the point's value (and index, with indices) is what was predicted.
bool fits(const Prediction& prediction, const Problem& problem, const void* src,
          const Point& point);

struct Comparison {
  int64_t outputs = 0;  // in all
  int64_t checked = 0;  // judged: all, or the borders and a seeded sample
  int64_t wrong = 0;    // wrong, and not explained by a known difference
  std::map<std::string, int64_t> known_differences;  // outputs that each rule explains
  int64_t out_of_range = 0;  // accepted because a sum left the accumulator's range
  double max_ulp = 0;        // of the accepted ones
  double max_error = 0;      // the same by Judgement::error()
  std::vector<Point> worst;  // up to 8 wrong ones, worst first

  // Counts a wrong output, and keeps it if it is one of the worst.
  void add_wrong(const Point& point);
  // Whether nothing is wrong. There may be known differences.
  bool ok() const { return wrong == 0; }
};

// Up to this many taps all outputs are judged: each from its taps or, where windows are large,
// plane by plane (Reference::fold). Above, plane by plane as long as that takes as many joins, and
// else the borders of every plane and about kSampledOutputs drawn by the seed.
constexpr int64_t kFullJudgementTaps = 1'000'000'000;
constexpr int64_t kSampledOutputs = 65'536;

// Whether compare() judges all outputs.
bool judges_all(const Problem& problem, int64_t full_taps = kFullJudgementTaps);

// Judges `dst` (and `indices`, null unless the problem has them), in the problem's type and
// layout, all on the host. `known_difference`, if given, is called for every wrong output, by one
// thread at a time. It returns the rule that explains the output, or nothing. `seed`: of the
// sample; a secret one keeps a kernel from computing only what will be judged. `full_taps`: for
// tests. `rules`: judges by them where they say something else than host/spec.md, whose value is
// then wrong; an output that is right by one counts as a known difference.
using KnownDifference = std::function<std::string(const Point&)>;
Comparison compare(const Problem& problem, const void* src, const void* dst, const int64_t* indices,
                   uint64_t seed = 1, int64_t full_taps = kFullJudgementTaps,
                   const KnownDifference& known_difference = {}, const RuleSet* rules = nullptr);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_COMPARE_H_
