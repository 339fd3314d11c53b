// The reductions: what a window's values become. The algebra that every kernel works by:
//
//              identity    term     merge    finish                    a tap met twice
//   max        lowest()    x        larger   -                         changes nothing
//   min        highest()   x        smaller  -                         changes nothing
//   average    0           x        +        / divisor, rounded once   counts twice
//   Lp         0           |x|^p    +        (/ count if mean)^(1/p)   counts twice
//   Lp, inf    0           |x|      larger   -                         changes nothing
//
// Sums may be merged in any order as long as their error stays in bounds (kAllowedPlainTerms);
// maxima too, but for indices, where the first of equals wins. Families have forms of their own for
// vectors and packed words; each says which row of the table it makes faster.
//
// The plain form: a kernel makes one object an output, adds every tap in row-major order, and asks
// for the value.
//
//   Op op(shapes);  op.add(load(x), position);  ...  dst = op.value(count);  indices = op.index();
//
// `position` is the tap's row-major place in its plane, `count` the product of its windows' counts.
// host/spec.md has the rules: NaN, ties, empty windows, rounding.
#ifndef POOLBENCH_KERNELS_REDUCE_H_
#define POOLBENCH_KERNELS_REDUCE_H_

#include "kernels/axes.h"
#include "kernels/types.h"

namespace poolbench {

// Whether the result is the value of one of the taps: such reductions have indices, and wide
// integers.
POOLBENCH_HD constexpr bool is_extreme(Reduction reduction) {
  switch (reduction) {
    case Reduction::kMax:
    case Reduction::kMin:
      return true;
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
    case Reduction::kLp:
      return false;
  }
  return false;
}
POOLBENCH_HD constexpr bool is_average(Reduction reduction) {
  switch (reduction) {
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
      return true;
    case Reduction::kMax:
    case Reduction::kMin:
    case Reduction::kLp:
      return false;
  }
  return false;
}

POOLBENCH_HD bool is_extreme(const Shapes& shapes) {
  return is_extreme(Reduction(shapes.reduction));
}
POOLBENCH_HD bool is_average(const Shapes& shapes) {
  return is_average(Reduction(shapes.reduction));
}
POOLBENCH_HD bool is_lp(const Shapes& shapes) {
  return Reduction(shapes.reduction) == Reduction::kLp;
}

// Additions one after another that the judgement allows a float sum to round at, whatever the order
// (host/spec.md, Judgement). A kernel that adds more terms nests its sums or uses RunningSum.
inline constexpr int64_t kAllowedPlainTerms = 64;

// Knuth's TwoSum: a + b rounded, and in `lost` what the rounding took off, exactly. S: a float or a
// vector of floats. Source: The Art of Computer Programming, volume 2, section 4.2.2, theorem B.
template <class S>
POOLBENCH_HD S two_sum(S a, S b, S& lost) {
  const S sum = a + b;
  const S seen = sum - a;
  lost = (a - (sum - seen)) + (b - seen);
  return sum;
}

// sum / count, rounded once, without a division: `inverse` is 1 / count, off by a few roundings at
// most, and what its product leaves over corrects it. multiply_add(a, b, c) is a b + c rounded
// once. So the mean of equal numbers is that number, and equal windows give equal bits wherever one
// kernel divides and another does not. For whole counts below 2^20, of either sign; above, an odd
// quotient may be off by an ulp, but none that is a number of S. Source: Markstein, Computation of
// elementary functions on the IBM RISC System/6000 processor, 1990, theorem 7.
template <class S, class MultiplyAdd>
POOLBENCH_HD S corrected_quotient(S sum, S count, S inverse, const MultiplyAdd& multiply_add) {
  const S near = sum * inverse;
  const S exact = multiply_add(multiply_add(-near, count, sum), inverse, near);
  return exact != exact ? near : exact;  // an infinite sum leaves over nothing that means something
}

// A sum whose error does not grow with the number of terms: float sums carry what each addition
// rounded away, 6 additions a term. Integers are summed as they are.
template <class S>
struct RunningSum {
  S sum = 0;
  S lost = 0;

  POOLBENCH_HD void add(S v) {
    if constexpr (std::is_integral_v<S>) {
      sum += v;
    } else {
      S rounded_away;
      sum = two_sum(sum, v, rounded_away);
      lost += rounded_away;
    }
  }
  POOLBENCH_HD S total() const {
    const S corrected = sum + lost;
    return corrected != corrected ? sum : corrected;  // after an overflow `lost` means nothing
  }
};

// The order of an extreme: which of two values wins (of vectors, lane by lane), and the value that
// loses to all.
struct Largest {
  template <class T>
  POOLBENCH_HD static Compute<T> identity() {
    return lowest<T>();
  }
  template <class V>
  POOLBENCH_HD static auto beats(V a, V b) {
    return a > b;
  }
};
struct Smallest {
  template <class T>
  POOLBENCH_HD static Compute<T> identity() {
    return highest<T>();
  }
  template <class V>
  POOLBENCH_HD static auto beats(V a, V b) {
    return a < b;
  }
};

// The extreme value. NaN beats everything, padding is never a value, no tap gives the identity.
template <class T, class Order>
struct Extreme {
  using Type = T;
  static constexpr bool kIndices = false;
  Compute<T> best = Order::template identity<T>();

  POOLBENCH_HD explicit Extreme(const Shapes&) {}
  POOLBENCH_HD void add(Compute<T> v, int64_t) {
    if (Order::beats(v, best) || is_nan(v)) best = v;
  }
  POOLBENCH_HD T value(int64_t) const { return store<T>(best); }
  POOLBENCH_HD int64_t index() const { return -1; }
};
template <class T>
using Max = Extreme<T, Largest>;
template <class T>
using Min = Extreme<T, Smallest>;

// The extreme value and where it stands: the first of equals, the last NaN, -1 without a tap.
template <class T, class Order>
struct ExtremeIndex {
  using Type = T;
  static constexpr bool kIndices = true;
  Compute<T> best = Order::template identity<T>();
  int64_t at = -1;

  POOLBENCH_HD explicit ExtremeIndex(const Shapes&) {}
  POOLBENCH_HD void add(Compute<T> v, int64_t position) {
    if (Order::beats(v, best) || is_nan(v) || at < 0) {
      best = v;
      at = position;
    }
  }
  POOLBENCH_HD T value(int64_t) const { return store<T>(best); }
  POOLBENCH_HD int64_t index() const { return at; }
};
template <class T>
using MaxIndex = ExtremeIndex<T, Largest>;
template <class T>
using MinIndex = ExtremeIndex<T, Smallest>;

// Sum over divisor; the divisor is the given one, else the windows' count; 0 over 0 is 0.
template <class T>
struct Average {
  using Type = T;
  using Sum = typename TypeInfo<T>::Sum;
  static constexpr bool kIndices = false;
  RunningSum<Sum> sum;
  int64_t given_divisor;

  POOLBENCH_HD explicit Average(const Shapes& shapes) : given_divisor(shapes.divisor) {}
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

// x^(high + low) for x >= 0, where `low` is what rounding the exponent to P took off: alone it
// would be off by low ln x, which is many units of the last place of a large or small power.
template <class P>
POOLBENCH_HD P raised(P x, P high, P low) {
  using std::log, std::pow;  // the global ones work in double
  const P power = pow(x, high);
  const P more = power * (low * log(x));
  return low != 0 && more - more == 0 ? power + more : power;  // of 0 and infinity there is none
}

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
  return raised(x, P(p), P(p - double(P(p))));
}

// s^(1/p)
template <class P>
POOLBENCH_HD P root(P s, double p) {
  if (p == 1) return s;
  if (p == 2) return P(sqrt(s));
  const double inverse = 1 / p, lost = fma(-inverse, p, 1.0) / p;
  return raised(s, P(inverse), P(inverse - double(P(inverse)) + lost));
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

  POOLBENCH_HD explicit Lp(const Shapes& shapes) : p(shapes.norm), mean(shapes.norm_mean != 0) {}
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

// Reduces one window. `read(i)` gives element i of the plane.
template <class Op, class Read>
POOLBENCH_HD Op reduce_window(const Shapes& shapes, const Window (&w)[3], Read&& read) {
  Op op(shapes);
  for (int64_t d = w[0].begin; d < w[0].end; d += shapes.axis[0].dilation)
    for (int64_t h = w[1].begin; h < w[1].end; h += shapes.axis[1].dilation)
      for (int64_t x = w[2].begin; x < w[2].end; x += shapes.axis[2].dilation) {
        const int64_t position = (d * shapes.axis[1].src + h) * shapes.axis[2].src + x;
        op.add(load(read(position)), position);
      }
  return op;
}

// Calls f(TypeTag<Op>{}) with the plain form of the problem's reduction over its element type
// (Op::Type). Of wide integers the spec defines extremes alone, and nothing else is compiled.
template <Set<DType> kAmong, class F>
void dispatch_reduction(const Shapes& shapes, F&& f) {
  dispatch<kAmong>(DType(shapes.dtype), [&](auto tag) {
    using T = typename decltype(tag)::type;
    switch (Reduction(shapes.reduction)) {
      case Reduction::kMax:
        return shapes.with_indices != 0 ? f(TypeTag<MaxIndex<T>>{}) : f(TypeTag<Max<T>>{});
      case Reduction::kMin:
        return shapes.with_indices != 0 ? f(TypeTag<MinIndex<T>>{}) : f(TypeTag<Min<T>>{});
      case Reduction::kAvgIncludePad:
      case Reduction::kAvgExcludePad:
        if constexpr (kHasSums<T>) f(TypeTag<Average<T>>{});
        return;
      case Reduction::kLp:
        if constexpr (kHasSums<T>) f(TypeTag<Lp<T>>{});
        return;
    }
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_REDUCE_H_
