#include "host/compare.h"

#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "host/windows.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

// Facts about an element type for the judgement. The accumulator is host/spec.md, Types: f32
// for f16, bf16 and f32, f64 for f64 and for powers of integers.
struct Precision {
  int digits;              // of the type's significand; 0: an integer
  int min_exponent;        // of the type's smallest normal number, as 2^min_exponent
  long double unit;        // half an ulp of the accumulator's 1
  long double acc_max;     // the accumulator's largest number
  long double acc_normal;  // and its smallest normal one
};

template <class T>
constexpr Precision precision() {
  constexpr long double kMaxF32 = std::numeric_limits<float>::max();
  constexpr long double kMaxF64 = std::numeric_limits<double>::max();
  constexpr const TypeFacts& type = facts(kDTypeOf<T>);
  if constexpr (std::is_same_v<typename TypeInfo<T>::Power, double>)
    return {type.digits, type.min_exponent, 0x1p-53L, kMaxF64, 0x1p-1022L};
  else
    return {type.digits, type.min_exponent, 0x1p-24L, kMaxF32, 0x1p-126L};
}

// Not std::isfinite: it compares with the largest long double, which valgrind rounds to infinity.
bool is_finite(long double v) { return v - v == 0; }

template <class T>
long double ulp_of(long double value) {
  constexpr Precision type = precision<T>();
  if (type.digits == 0 || !is_finite(value)) return 1;
  const int exponent = value == 0 ? type.min_exponent : std::ilogb(value);
  return std::ldexp(1.0L, std::max(exponent, type.min_exponent) - type.digits + 1);
}

// Rounds to the type. Monotone, so that the ends of an interval become the ends of an interval.
template <class T>
long double rounded(long double value) {
  if constexpr (std::is_same_v<T, double>)
    return double(value);
  else if constexpr (std::is_same_v<T, float>)
    return float(value);
  else
    return load(store<T>(double(value)));
}

bool same(long double a, long double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Whether `got` is what some value within `tolerance` of `value` rounds to.
template <class T>
bool within(long double got, long double value, long double tolerance) {
  return got >= rounded<T>(value - tolerance) && got <= rounded<T>(value + tolerance);
}

int ceil_log2(int64_t n) {
  return n <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<uint64_t>(n - 1)));
}

template <class T>
Judgement judge_as(const PoolSpec& spec, const Expected& expected, long double got) {
  constexpr Precision type = precision<T>();
  const bool lp = spec.reduction == Reduction::kLp;
  const long double value = expected.value;
  Judgement judgement;
  const auto in_ulp = [&](long double x) { return double(x / ulp_of<T>(value)); };
  bool beyond = !is_finite(got);  // the type's range
  if constexpr (std::is_integral_v<T>)
    beyond = value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max();
  const bool overflowed = beyond && same(got, rounded<T>(value));
  judgement.ulp = same(got, value) || overflowed ? 0 : in_ulp(std::fabs(got - value));

  if (is_extremum(spec.reduction) || (lp && std::isinf(spec.norm))) {
    judgement.right = same(got, rounded<T>(value));
    return judgement;
  }
  if (std::is_integral_v<T> && !lp) {
    judgement.right = got == expected.integer;
    return judgement;
  }
  if (!is_finite(value) || !is_finite(expected.magnitude)) {
    // With an infinity or NaN among the taps the output must be what they make of it. A finite sum
    // that overflows here overflows the accumulator too.
    judgement.right = same(got, value);
    return judgement;
  }

  const long double terms = 64 + ceil_log2(expected.taps);
  const long double relative = terms * type.unit / (lp ? std::min(spec.norm, 1.0) : 1.0);
  const long double power_ulps = lp && type.digits != 0 ? 4 * ulp_of<T>(value) : 0;
  const long double tolerance = relative * expected.magnitude + power_ulps;
  judgement.allowed = in_ulp(tolerance) + 0.5;
  judgement.right = within<T>(got, value, tolerance);
  if (judgement.right) {
    judgement.out_of_range =
        !is_finite(got);  // so close to the largest number that it may round to infinity
    return judgement;
  }
  if (expected.largest_partial == 0) return judgement;  // sums of zeros neither overflow nor flush

  // Beyond the accumulator's range: sums that overflow, terms and results that flush to zero.
  if (expected.largest_partial > type.acc_max) {
    judgement.right = !is_finite(got);
  } else if (!lp) {
    const long double scale = expected.largest_partial > 0
                                  ? expected.magnitude / expected.largest_partial
                                  : 0;  // 1 / |divisor|
    const long double flushed = type.acc_normal * (1 + (long double)(expected.taps) * scale);
    judgement.right = within<T>(got, value, tolerance + flushed);
  } else if (expected.smallest_term < type.acc_normal) {
    const long double p = spec.norm, sum = std::pow(std::fabs(value), p);
    const long double flushed = type.acc_normal * (long double)(expected.taps);
    const long double low = std::pow(std::max(sum - flushed, 0.0L), 1 / p);
    const long double high = std::pow(sum + flushed, 1 / p);
    judgement.right = got >= rounded<T>(low - tolerance) && got <= rounded<T>(high + tolerance);
  }
  judgement.out_of_range = judgement.right;
  return judgement;
}

template <class T>
Judgement judge_element(const PoolSpec& spec, const Expected& expected, T got, int64_t got_index) {
  Judgement judgement = judge_as<T>(spec, expected, load(got));
  if (spec.indices) judgement.right &= got_index == expected.index;
  return judgement;
}

constexpr size_t kWorst = 8;
constexpr int64_t kSerial = 20'000;  // up to this many outputs one thread is faster
// Below this many taps one thread is faster than starting others.
constexpr int64_t kParallelTaps = 50'000;

// Which outputs are judged: all, or the borders of every plane and a seeded sample.
class Selection {
 public:
  Selection(const Problem& problem, uint64_t seed, int64_t full_taps) : dst_(problem.dst()) {
    const int64_t outputs = problem.dst_count();
    __int128 taps = outputs;
    for (int axis = problem.first_axis(); axis < 3; ++axis)
      taps *= problem.spec().windowing == Windowing::kGlobal ? problem.src()[axis]
              : problem.spec().windowing == Windowing::kAdaptive
                  ? problem.src()[axis] / dst_[axis] + 1
                  : problem.spec().kernel[axis];
    all_ = taps <= full_taps;
    large_ = taps > kParallelTaps;
    all_ |= outputs <= kSampledOutputs;
    threshold_ = all_ ? 0 : uint64_t(double(kSampledOutputs) / double(outputs) * 0x1p64);
    stream_ = splitmix64(seed, 0x5e1ec7);
  }
  bool large() const { return large_; }
  bool takes(int64_t at, const Extents& output) const {
    if (all_) return true;
    for (int axis = 0; axis < 3; ++axis)
      if (dst_[axis] > 1 && (output[axis] == 0 || output[axis] == dst_[axis] - 1)) return true;
    return splitmix64(stream_, at) < threshold_;
  }

 private:
  Extents dst_;
  bool all_, large_;
  uint64_t threshold_, stream_;
};

bool worse(const Point& a, const Point& b) {
  const auto badness = [](const Point& p) { return std::isnan(p.ulp) ? INFINITY : p.ulp; };
  return badness(a) > badness(b);
}

void add_worst(std::vector<Point>& worst, const Point& point) {
  worst.insert(std::upper_bound(worst.begin(), worst.end(), point, worse), point);
  if (worst.size() > kWorst) worst.pop_back();
}

template <class T>
Comparison compare_as(const Problem& problem, const void* src, const T* dst, const int64_t* indices,
                      uint64_t seed, int64_t full_taps, const KnownDifference& known_difference) {
  const Reference reference(problem, src);
  const Selection selection(problem, seed, full_taps);
  const Extents out = problem.dst();
  const int64_t size = out[0] * out[1] * out[2], rows = problem.planes() * out[0] * out[1];
  const bool last = problem.layout() == Layout::kChannelsLast;
  Comparison total;
  total.outputs = problem.dst_count();
#pragma omp parallel num_threads(omp_get_num_procs()) if (selection.large())
  {
    Comparison mine;
#pragma omp for schedule(dynamic, 16)
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t plane = row / (out[0] * out[1]);
      const int64_t n = plane / problem.c(), c = plane % problem.c();
      Extents o = {row / out[1] % out[0], row % out[1], 0};
      for (o[2] = 0; o[2] < out[2]; ++o[2]) {
        const int64_t in_plane = (o[0] * out[1] + o[1]) * out[2] + o[2];
        const int64_t at = last ? (n * size + in_plane) * problem.c() + c : plane * size + in_plane;
        if (!selection.takes(at, o)) continue;
        const Expected expected = reference.at(plane, o);
        const int64_t got_index = indices != nullptr ? indices[at] : -1;
        const Judgement j = judge_element<T>(problem.spec(), expected, dst[at], got_index);
        ++mine.checked;
        mine.out_of_range += j.out_of_range;
        if (j.right && !j.out_of_range) {
          mine.max_ulp = std::max(mine.max_ulp, j.ulp);
          mine.max_error = std::max(mine.max_error, j.error());
        }
        if (j.right) continue;
        const Point point{n,
                          c,
                          o,
                          double(expected.value),
                          double(load(dst[at])),
                          expected.index,
                          got_index,
                          j.ulp,
                          j.allowed};
        std::string rule;
        if (known_difference) {
#pragma omp critical(poolbench_known_difference)
          rule = known_difference(point);
        }
        if (rule.empty()) {
          mine.add_wrong(point);
        } else {
          ++mine.known_differences[rule];
        }
      }
    }
#pragma omp critical(poolbench_compare)
    {
      total.checked += mine.checked;
      total.wrong += mine.wrong;
      total.out_of_range += mine.out_of_range;
      total.max_ulp = std::max(total.max_ulp, mine.max_ulp);
      total.max_error = std::max(total.max_error, mine.max_error);
      for (const auto& [rule, count] : mine.known_differences)
        total.known_differences[rule] += count;
      for (const Point& point : mine.worst) add_worst(total.worst, point);
    }
  }
  return total;
}

}  // namespace

void Comparison::add_wrong(const Point& point) {
  ++wrong;
  add_worst(worst, point);
}

Judgement judge(const Problem& problem, const Expected& expected, const void* got,
                int64_t got_index) {
  Judgement judgement;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    judgement = judge_element<T>(problem.spec(), expected, *static_cast<const T*>(got), got_index);
  });
  return judgement;
}

Comparison compare(const Problem& problem, const void* src, const void* dst, const int64_t* indices,
                   uint64_t seed, int64_t full_taps, const KnownDifference& known_difference) {
  Comparison comparison;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    comparison = compare_as<T>(problem, src, static_cast<const T*>(dst), indices, seed, full_taps,
                               known_difference);
  });
  return comparison;
}

}  // namespace poolbench
