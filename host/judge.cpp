#include "host/judge.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

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
  long double oracle;      // half an ulp of the oracle's 1
};

template <class T>
constexpr Precision precision() {
  constexpr long double kMaxF32 = std::numeric_limits<float>::max();
  constexpr long double kMaxF64 = std::numeric_limits<double>::max();
  constexpr const TypeFacts& type = facts(kDTypeOf<T>);
  constexpr long double kOracle = std::is_same_v<T, double> ? 0x1p-64L : 0x1p-53L;
  if constexpr (std::is_same_v<typename TypeInfo<T>::Power, double>)
    return {type.digits, type.min_exponent, 0x1p-53L, kMaxF64, 0x1p-1022L, kOracle};
  else
    return {type.digits, type.min_exponent, 0x1p-24L, kMaxF32, 0x1p-126L, kOracle};
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

// The accumulator of a float type's sums, and of powers.
template <class T>
using Accumulator = typename TypeInfo<T>::Power;

// Whether `got` is what some value within `tolerance` of `value` rounds to, first to the
// accumulator and then to the type.
template <class T>
bool within(long double got, long double value, long double tolerance) {
  return got >= rounded<T>(Accumulator<T>(value - tolerance)) &&
         got <= rounded<T>(Accumulator<T>(value + tolerance));
}

int ceil_log2(int64_t n) {
  return n <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<uint64_t>(n - 1)));
}

// What dividing gives that rounds once.
template <class T>
long double divided(const Expected& expected) {
  return Accumulator<T>(expected.sum) / Accumulator<T>(expected.divisor);
}

// Whether no order of adding equal taps rounds, since every multiple of the tap up to their number
// is a normal number of the accumulator; and whether the divisor and the quotient are such numbers.
template <class T>
bool sums_are_exact(const Expected& expected) {
  constexpr Precision type = precision<T>();
  int exponent = 0;
  const long double sum = std::fabs(expected.sum), tap = sum / (long double)(expected.taps);
  if (!(tap >= type.acc_normal && sum <= type.acc_max)) return false;  // or NaN, without digits
  auto digits = static_cast<uint64_t>(std::ldexp(std::frexp(tap, &exponent), 64));
  digits >>= std::countr_zero(digits);
  return (long double)(digits) * (long double)(expected.taps) <= 1 / type.unit &&
         Accumulator<T>(expected.divisor) == expected.divisor &&
         std::fabs(expected.value) >= type.acc_normal;
}

// The additions that a tap may pass through.
long double additions(int64_t taps) {
  return std::min(std::max((long double)(taps)-1, 0.0L), 64.0L + ceil_log2(taps));
}

// How far a value may be off before it is rounded to the accumulator and to the type.
template <class T>
long double tolerance_of(const PoolSpec& spec, const Expected& expected) {
  constexpr Precision type = precision<T>();
  const bool lp = spec.reduction == Reduction::kLp;
  // One more where the divisor itself is rounded.
  long double roundings = additions(expected.taps);
  if (!lp && Accumulator<T>(expected.divisor) != expected.divisor) roundings += 1;
  // The oracle rounds too, once a tap and in its own powers and roots.
  const long double relative =
      roundings * type.unit + ((long double)(expected.taps) + 8) * type.oracle;
  if (!lp) return relative * expected.magnitude;
  // A power and a root: 4 ulp of the accumulator.
  const int exponent = expected.value == 0 ? 0 : std::ilogb(expected.value);
  const long double ulp =
      std::max(std::ldexp(2 * type.unit, exponent), 2 * type.unit * type.acc_normal);
  return (relative * expected.magnitude + (expected.value == 0 ? 0 : 4 * ulp)) /
         std::min(spec.norm, 1.0);
}

// The largest sum of so many taps of one sign that no order of adding takes out of the
// accumulator's range.
template <class T>
long double largest_sum(int64_t taps) {
  constexpr Precision type = precision<T>();
  // What a partial sum may be rounded up to before the addition that overflows.
  const long double up = 1 + std::max(additions(taps) - 1, 0.0L) * type.unit;
  return type.acc_max * (1 + type.unit / 2) / up;
}

// Whether `got` is what an accumulator comes to whose sum left its range: the infinity on a side
// that some order of adding leaves, NaN where both can be.
template <class T>
bool is_overflow(const PoolSpec& spec, const Expected& expected, long double got) {
  const long double all = expected.largest_partial, most = largest_sum<T>(expected.taps);
  const bool lp = spec.reduction == Reduction::kLp;
  bool above = (lp ? all : (all + expected.sum) / 2) > most;
  bool below = !lp && (all - expected.sum) / 2 > most;
  if (!lp && expected.divisor < 0) std::swap(above, below);
  if (std::isnan(got)) return above && below;
  return !is_finite(got) && (got > 0 ? above : below);
}

template <class T>
Judgement judge_as(const PoolSpec& spec, const Expected& expected, Compute<T> element) {
  constexpr Precision type = precision<T>();
  const auto got = (long double)(element);
  const bool lp = spec.reduction == Reduction::kLp;
  const long double value = expected.value;
  Judgement judgement;
  const auto in_ulp = [&](long double x) { return double(x / ulp_of<T>(value)); };
  bool beyond = !is_finite(got);  // the type's range
  if constexpr (std::is_integral_v<T>)
    beyond = value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max();
  const bool overflowed = beyond && same(got, rounded<T>(value));
  judgement.ulp = same(got, value) || overflowed ? 0 : in_ulp(std::fabs(got - value));

  if (std::is_integral_v<T> && !lp) {
    judgement.right = element == expected.integer;
    return judgement;
  }
  if (is_extreme(spec.reduction) || (lp && std::isinf(spec.norm))) {
    judgement.right = same(got, rounded<T>(value));
    return judgement;
  }
  if (!is_finite(value) || !is_finite(expected.magnitude)) {
    // With an infinity or NaN among the taps the output must be what they make of it. A finite sum
    // that overflows here overflows the accumulator too.
    judgement.out_of_range =
        std::isnan(got) && expected.against_infinity > largest_sum<T>(expected.taps);
    judgement.right = same(got, value) || judgement.out_of_range;
    return judgement;
  }

  if (expected.equal && !lp && sums_are_exact<T>(expected)) {
    // Wider sums may be rounded to the type at once.
    judgement.allowed = 0.5;
    judgement.right = same(got, rounded<T>(divided<T>(expected))) || same(got, rounded<T>(value));
    return judgement;
  }

  const long double tolerance = tolerance_of<T>(spec, expected);
  // Numbers of a type narrower than the accumulator are rounded twice.
  const bool twice = type.digits != 0 && std::ldexp(1.0L, -type.digits) != type.unit;
  if (twice) judgement.rounding += in_ulp(type.unit * std::fabs(value));
  judgement.allowed = in_ulp(tolerance) + judgement.rounding;
  judgement.right = within<T>(got, value, tolerance);
  if (judgement.right) {
    judgement.out_of_range =
        !is_finite(got);  // so close to the largest number that it may round to infinity
    return judgement;
  }
  if (expected.largest_partial == 0) return judgement;  // sums of zeros neither overflow nor flush

  // Beyond the accumulator's range: sums that overflow, terms and results that flush to zero.
  if (!is_finite(got)) {
    judgement.right = is_overflow<T>(spec, expected, got);
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
    judgement.right = within<T>(got, (low + high) / 2, (high - low) / 2 + tolerance);
  }
  judgement.out_of_range = judgement.right;
  return judgement;
}

template <class T>
Judgement judge_element(const PoolSpec& spec, const Expected& expected, T got, int64_t got_index) {
  Judgement judgement = judge_as<T>(spec, expected, load(got));
  // The value is the one at the index, to the sign of a zero.
  if (spec.indices)
    judgement.right &= got_index == expected.index &&
                       (expected.value != 0 ||
                        std::signbit(expected.value) == std::signbit((long double)(load(got))));
  return judgement;
}

}  // namespace

Judgement judge(const Problem& problem, const Expected& expected, const void* got,
                int64_t got_index) {
  Judgement judgement;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    judgement = judge_element<T>(problem.spec(), expected, *static_cast<const T*>(got), got_index);
  });
  return judgement;
}

}  // namespace poolbench
