// What finishing divides sums by.
#ifndef POOLBENCH_KERNELS_OPENMP_DIVIDE_H_
#define POOLBENCH_KERNELS_OPENMP_DIVIDE_H_

#include "kernels/openmp/simd.h"

namespace poolbench::openmp::POOLBENCH_ISA {

#if defined(__FMA__) && (defined(POOLBENCH_AVX512) || defined(POOLBENCH_AVX2))
struct MultiplyAdd {
  static POOLBENCH_INLINE float one(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static POOLBENCH_INLINE double one(double a, double b, double c) {
    return __builtin_fma(a, b, c);
  }
  template <class V>
  POOLBENCH_INLINE V operator()(V a, V b, V c) const {
#ifdef POOLBENCH_AVX512
    if constexpr (sizeof(Lane<V>) == 4)
      return bits<V>(_mm512_fmadd_ps(bits<__m512>(a), bits<__m512>(b), bits<__m512>(c)));
    else
      return bits<V>(_mm512_fmadd_pd(bits<__m512d>(a), bits<__m512d>(b), bits<__m512d>(c)));
#else
    if constexpr (sizeof(Lane<V>) == 4)
      return bits<V>(_mm256_fmadd_ps(bits<__m256>(a), bits<__m256>(b), bits<__m256>(c)));
    else
      return bits<V>(_mm256_fmadd_pd(bits<__m256d>(a), bits<__m256d>(b), bits<__m256d>(c)));
#endif
  }
};
#else
#define POOLBENCH_DIVIDES 1
#endif

// What a row of sums is divided by. Windows that are whole on the W axis share `whole`; the divisor
// of another is `row` times the count of its column (ColumnWeights).
//
// 1 / whole is inverse + rest: a number next below it in size, and what is left, rounded. Both have
// its sign, so that an infinite sum stays infinite.
template <class Weight>
struct RowScale {
  static constexpr Weight kHalfUlp =
      sizeof(Weight) == 4 ? Weight(__FLT_EPSILON__ / 2) : Weight(__DBL_EPSILON__ / 2);
  Weight whole = 1;
  Weight inverse = 1 - kHalfUlp;
  Weight rest = kHalfUlp;
  Weight row = 1;
};

template <class Weight>
POOLBENCH_INLINE RowScale<Weight> row_scale_of(int64_t count, int64_t row_count) {
  RowScale<Weight> scale;
  if (count == 0) return scale;  // the window has no tap, and its sum is 0
  const auto whole = Weight(count);
  scale.whole = whole;
  scale.row = Weight(row_count);
#ifndef POOLBENCH_DIVIDES
  scale.inverse = 1 / whole * (1 - RowScale<Weight>::kHalfUlp);
  scale.rest = MultiplyAdd::one(-scale.inverse, whole, Weight(1)) * scale.inverse;
#endif
  return scale;
}

// sum / scale.whole, rounded once, in two instructions where the product by a rounded inverse alone
// would be one. So the mean of equal numbers is that number, and equal windows give equal bits
// wherever one kernel divides and another does not. Without a fused multiply-add a division.
//
// For p bits, before the last rounding the quotient is off by less than 2^(4-p) ulp; a sum over a
// whole number below 2^k is no nearer than 2^(-k-1) ulp to where rounding changes. So for whole
// numbers below 2^(p-5) it is the division's result. Only where the quotient is below 2^(k+4) of
// the least normal number may sum * rest lose bits: there it may be off by an ulp, but not the mean
// of equal numbers (tests/averages_test.cpp). Compare Brisebarre, Muller, Raina, Accelerating
// correctly rounded floating-point division when the divisor is known in advance, 2004.
template <class V>
POOLBENCH_INLINE V divided(V sum, RowScale<Lane<V>> scale) {
#ifdef POOLBENCH_DIVIDES
  return sum / scale.whole;
#else
  return MultiplyAdd()(sum, broadcast<V>(scale.inverse), sum * scale.rest);
#endif
}

// The same where each lane has a whole number of its own. store_divisors() keeps what divided()
// needs of `whole`, in two arrays.
template <class V>
POOLBENCH_INLINE void store_divisors(V whole, Lane<V>* inverse, [[maybe_unused]] Lane<V>* rest) {
  whole = whole != 0 ? whole : broadcast<V>(1);  // a window without a tap has a sum of 0
#ifdef POOLBENCH_DIVIDES
  store_lanes(inverse, whole);
#else
  const V below = 1 / whole * (1 - RowScale<Lane<V>>::kHalfUlp);
  store_lanes(inverse, below);
  store_lanes(rest, MultiplyAdd()(-below, whole, broadcast<V>(1)) * below);
#endif
}
template <class V>
POOLBENCH_INLINE V divided(V sum, const Lane<V>* inverse, [[maybe_unused]] const Lane<V>* rest) {
#ifdef POOLBENCH_DIVIDES
  return sum / load_lanes<V>(inverse);
#else
  return MultiplyAdd()(sum, load_lanes<V>(inverse), sum * load_lanes<V>(rest));
#endif
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_DIVIDE_H_
