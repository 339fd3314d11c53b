// The reductions: what a window's values become. A kernel makes one object an output, adds every
// tap in row-major order, and asks for the value.
//
//   Op op(args);  op.add(load(x), position);  ...  dst = op.value(count);  indices = op.index();
//
// `position` is the tap's row-major place in its plane, `count` the product of its windows' counts.
// The rules (NaN, ties, empty windows, rounding) are those of host/spec.md.
#ifndef POOLBENCH_KERNELS_REDUCE_H_
#define POOLBENCH_KERNELS_REDUCE_H_

#include "kernels/dtype.h"

namespace poolbench {

// A sum whose error does not grow with the number of terms: float sums carry what each addition
// rounded away (Knuth's TwoSum, 6 additions a term). Integers are summed as they are.
template <class S>
struct RunningSum {
  S sum = 0;
  S lost = 0;

  POOLBENCH_HD void add(S v) {
    if constexpr (std::is_integral_v<S>) {
      sum += v;
    } else {
      const S total = sum + v;
      const S seen = total - sum;
      lost += (sum - (total - seen)) + (v - seen);
      sum = total;
    }
  }
  POOLBENCH_HD S total() const {
    const S corrected = sum + lost;
    return corrected != corrected ? sum : corrected;  // after an overflow `lost` means nothing
  }
};

// The largest value. NaN beats everything, padding is never a value, no tap gives lowest().
template <class T>
struct Max {
  using Type = T;
  static constexpr bool kIndices = false;
  Compute<T> best = lowest<T>();

  POOLBENCH_HD explicit Max(const PoolArgs&) {}
  POOLBENCH_HD void add(Compute<T> v, int64_t) {
    if (v > best || is_nan(v)) best = v;
  }
  POOLBENCH_HD T value(int64_t) const { return store<T>(best); }
  POOLBENCH_HD int64_t index() const { return -1; }
};

// The largest value and where it stands: the first of equals, the last NaN, -1 without a tap.
template <class T>
struct MaxIndex {
  using Type = T;
  static constexpr bool kIndices = true;
  Compute<T> best = lowest<T>();
  int64_t at = -1;

  POOLBENCH_HD explicit MaxIndex(const PoolArgs&) {}
  POOLBENCH_HD void add(Compute<T> v, int64_t position) {
    if (v > best || is_nan(v) || at < 0) {
      best = v;
      at = position;
    }
  }
  POOLBENCH_HD T value(int64_t) const { return store<T>(best); }
  POOLBENCH_HD int64_t index() const { return at; }
};

// Sum over divisor; the divisor is the given one, else the windows' count; 0 over 0 is 0.
template <class T>
struct Average {
  using Type = T;
  using Sum = typename TypeInfo<T>::Sum;
  static constexpr bool kIndices = false;
  RunningSum<Sum> sum;
  int64_t given_divisor;

  POOLBENCH_HD explicit Average(const PoolArgs& args) : given_divisor(args.divisor) {}
  POOLBENCH_HD void add(Compute<T> v, int64_t) { sum.add(Sum(v)); }
  POOLBENCH_HD T value(int64_t count) const {
    const int64_t divisor = given_divisor != 0 ? given_divisor : count;
    if (divisor == 0) return store<T>(Sum(0));
    if constexpr (std::is_integral_v<Sum>)
      return store<T>(divide_half_even(sum.total(), divisor));
    else
      return store<T>(sum.total() / Sum(divisor));
  }
  POOLBENCH_HD int64_t index() const { return -1; }
};

// |x|^p for p > 0 and finite. Integer p by squaring: exact where the product is.
template <class P>
POOLBENCH_HD P abs_power(P x, double p) {
  x = x < 0 ? -x : x;
  if (p == 1) return x;
  if (p == 2) return x * x;
  if (p <= 1024 && p == double(int(p))) {
    P result = 1;
    for (int rest = int(p); rest != 0; rest >>= 1) {
      if (rest & 1) result *= x;
      if (rest > 1) x *= x;
    }
    return result;
  }
  return pow(x, P(p));
}

// s^(1/p)
template <class P>
POOLBENCH_HD P root(P s, double p) {
  return p == 1 ? s : p == 2 ? P(sqrt(s)) : P(pow(s, P(1 / p)));
}

// (sum |x|^p)^(1/p), in the mean form over the windows' count; p = inf is the largest |x|. Unlike
// PyTorch the absolute value is taken for every p: an odd power of a negative number would make a
// norm negative, or NaN.
template <class T>
struct Lp {
  using Type = T;
  using Power = typename TypeInfo<T>::Power;
  static constexpr bool kIndices = false;
  RunningSum<Power> sum;
  Power largest = 0;
  double p;
  bool mean;

  POOLBENCH_HD explicit Lp(const PoolArgs& args) : p(args.norm), mean(args.norm_mean != 0) {}
  POOLBENCH_HD bool infinite() const { return p > 1.7976931348623157e308; }
  POOLBENCH_HD void add(Compute<T> v, int64_t) {
    const Power x = Power(v);
    if (infinite()) {
      const Power magnitude = x < 0 ? -x : x;
      if (magnitude > largest || magnitude != magnitude) largest = magnitude;
    } else {
      sum.add(abs_power(x, p));
    }
  }
  POOLBENCH_HD T value(int64_t count) const {
    if (infinite()) return store<T>(largest);
    const Power total = sum.total();
    return store<T>(root(mean && count > 0 ? total / Power(count) : total, p));
  }
  POOLBENCH_HD int64_t index() const { return -1; }
};

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_REDUCE_H_
