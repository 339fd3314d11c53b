#include "host/compare.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "host/backend.h"
#include "host/windows.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

constexpr size_t kWorst = 8;
// Below this many taps one thread is faster than starting others.
constexpr int64_t kParallelTaps = 50'000;
// Planes are folded beyond this part of the limit, where that takes so much less: a join takes
// longer than a tap.
constexpr double kFoldFrom = 0.1, kTapsOfAJoin = 3;

// How the outputs are judged: all, each from its taps or plane by plane from joins (whatever costs
// less than the limit), or the borders of every plane and a seeded sample.
class Selection {
 public:
  Selection(const Problem& problem, uint64_t seed, int64_t full_taps) : dst_(problem.dst()) {
    const auto outputs = double(problem.dst_count());
    const double taps = all_taps(problem);
    const FoldCost cost = Reference::fold_cost(problem);
    large_ = std::min(taps, cost.joins) > kParallelTaps;
    const bool few = outputs <= kSampledOutputs;
    const auto limit = double(full_taps);
    if (taps <= limit) {
      folds_ = cost.fits() && taps > kFoldFrom * limit && kTapsOfAJoin * cost.joins < taps;
      return;
    }
    folds_ = cost.fits() && cost.joins < (few ? taps : limit);
    if (folds_ || few) return;
    threshold_ = uint64_t(double(kSampledOutputs) / outputs * 0x1p64);
    stream_ = splitmix64(seed, 0x5e1ec7);
  }
  bool large() const { return large_; }
  bool folds() const { return folds_; }
  bool takes_all() const { return threshold_ == 0; }
  bool takes(int64_t at, const Extents& output) const {
    if (takes_all()) return true;
    for (int axis = 0; axis < 3; ++axis)
      if (dst_[axis] > 1 && (output[axis] == 0 || output[axis] == dst_[axis] - 1)) return true;
    return splitmix64(stream_, at) < threshold_;
  }

 private:
  Extents dst_;
  bool large_ = false, folds_ = false;
  uint64_t threshold_ = 0, stream_ = 0;  // threshold 0: all
};

bool worse(const Point& a, const Point& b) {
  const auto badness = [](const Point& p) { return std::isnan(p.ulp) ? INFINITY : p.ulp; };
  return badness(a) > badness(b);
}

void add_worst(std::vector<Point>& worst, const Point& point) {
  worst.insert(std::upper_bound(worst.begin(), worst.end(), point, worse), point);
  if (worst.size() > kWorst) worst.pop_back();
}

// Judges the outputs of some planes.
template <class T>
class Comparer {
 public:
  Comparer(const Problem& problem, const void* src, const T* dst, const int64_t* indices,
           uint64_t seed, int64_t full_taps, const KnownDifference& known_difference,
           const RuleSet* rules)
      : problem_(problem),
        reference_(problem, src),
        selection_(problem, seed, full_taps),
        dst_(dst),
        indices_(indices),
        known_difference_(known_difference),
        rules_(rules) {}

  Comparison run() {
    total_.outputs = problem_.dst_count();
    if (!selection_.folds()) {
      judge_planes(0, problem_.planes());
      return total_;
    }
    for (int64_t plane = 0; plane < problem_.planes(); ++plane) {
      reference_.fold(plane);
      judge_planes(plane, plane + 1);
    }
    return total_;
  }

 private:
  void judge_planes(int64_t begin, int64_t end) {
    const Extents out = problem_.dst();
    const int64_t rows = out[0] * out[1];
#pragma omp parallel num_threads(omp_get_num_procs()) if (selection_.large())
    {
      Comparison mine;
#pragma omp for schedule(dynamic, 16)
      for (int64_t row = begin * rows; row < end * rows; ++row) {
        Extents o = {row / out[1] % out[0], row % out[1], 0};
        for (; o[2] < out[2]; ++o[2]) judge_output(row / rows, o, mine);
      }
#pragma omp critical(poolbench_compare)
      add(mine);
    }
  }

  void judge_output(int64_t plane, const Extents& o, Comparison& mine) const {
    const Extents out = problem_.dst();
    const int64_t size = out[0] * out[1] * out[2];
    const int64_t in_plane = (o[0] * out[1] + o[1]) * out[2] + o[2];
    const int64_t n = plane / problem_.c(), c = plane % problem_.c();
    const bool last = problem_.layout() == Layout::kChannelsLast;
    const int64_t at = last ? (n * size + in_plane) * problem_.c() + c : plane * size + in_plane;
    if (!selection_.takes(at, o)) return;
    Expected expected = reference_.at(plane, o);
    // As a double: std::isinf of a long double compares with the largest one, which valgrind rounds
    // to infinity.
    if (std::isinf(double(expected.sum)) && std::isnan(double(load(dst_[at]))))
      expected.against_infinity = reference_.against_infinity(plane, o, expected.sum);
    const int64_t got_index = indices_ != nullptr ? indices_[at] : -1;
    Judgement j = judge(problem_, expected, &dst_[at], got_index);
    ++mine.checked;
    if (const Rule* rule = judge_by_rules(plane, o, expected, &dst_[at], got_index, j)) {
      if (j.right) ++mine.known_differences[fmt::format("{}: {}", rule->name, rule->reason)];
      if (j.right) return;
    }
    mine.out_of_range += j.out_of_range;
    if (j.right && !j.out_of_range) {
      mine.max_ulp = std::max(mine.max_ulp, j.ulp);
      mine.max_error = std::max(mine.max_error, j.error());
    }
    if (j.right) return;
    const Point point{
        n,         c,     o,        double(expected.value), double(load(dst_[at])), expected.index,
        got_index, j.ulp, j.allowed};
    std::string rule;
    if (known_difference_) {
#pragma omp critical(poolbench_known_difference)
      rule = known_difference_(point);
    }
    if (rule.empty())
      mine.add_wrong(point);
    else
      ++mine.known_differences[rule];
  }

  // Judges by the rule set instead, where one of its rules applies, which is returned. `expected`
  // becomes what is right by it, the last one if there are several.
  const Rule* judge_by_rules(int64_t plane, const Extents& o, Expected& expected, const T* got,
                             int64_t got_index, Judgement& judgement) const {
    if (rules_ == nullptr) return nullptr;
    std::vector<Expected> values;
    const Rule* const rule = rules_->apply(
        problem_, expected, plane,
        [&](const std::function<void(double)>& visit) { reference_.each_tap(plane, o, visit); },
        values);
    for (size_t i = 0; i < values.size() && (i == 0 || !judgement.right); ++i) {
      expected = values[i];
      judgement = judge(problem_, expected, got, got_index);
    }
    return rule;
  }

  void add(const Comparison& part) {
    total_.checked += part.checked;
    total_.wrong += part.wrong;
    total_.out_of_range += part.out_of_range;
    total_.max_ulp = std::max(total_.max_ulp, part.max_ulp);
    total_.max_error = std::max(total_.max_error, part.max_error);
    for (const auto& [rule, count] : part.known_differences)
      total_.known_differences[rule] += count;
    for (const Point& point : part.worst) add_worst(total_.worst, point);
  }

  const Problem& problem_;
  Reference reference_;
  Selection selection_;
  const T* dst_;
  const int64_t* indices_;
  const KnownDifference& known_difference_;
  const RuleSet* rules_;
  Comparison total_;
};

}  // namespace

std::string value_text(DType dtype, double value) {
  return facts(dtype).is_float() ? fmt::format("{:.9g}", value) : fmt::format("{:.0f}", value);
}

bool fits(const Prediction& prediction, const Problem& problem, const void* src,
          const Point& point) {
  if (problem.spec().indices && point.got_index != prediction.index) return false;
  const bool in_range = std::isnan(prediction.low) && std::isnan(prediction.high)
                            ? std::isnan(point.got)
                            : point.got >= prediction.low && point.got <= prediction.high;
  return in_range && (!prediction.one_of_taps ||
                      Reference(problem, src)
                          .has_tap(point.n * problem.c() + point.c, point.output, point.got));
}

std::vector<Prediction> Backend::predictions(const Problem&, const void*, const Point&) const {
  return {};
}

bool judges_all(const Problem& problem, int64_t full_taps) {
  return Selection(problem, 1, full_taps).takes_all();
}

void Comparison::add_wrong(const Point& point) {
  ++wrong;
  add_worst(worst, point);
}

Comparison compare(const Problem& problem, const void* src, const void* dst, const int64_t* indices,
                   uint64_t seed, int64_t full_taps, const KnownDifference& known_difference,
                   const RuleSet* rules) {
  Comparison comparison;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    comparison = Comparer<T>(problem, src, static_cast<const T*>(dst), indices, seed, full_taps,
                             known_difference, rules)
                     .run();
  });
  return comparison;
}

}  // namespace poolbench
