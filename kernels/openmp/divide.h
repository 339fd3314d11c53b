// What finishing divides sums by.
#ifndef POOLBENCH_KERNELS_OPENMP_DIVIDE_H_
#define POOLBENCH_KERNELS_OPENMP_DIVIDE_H_

#include "kernels/openmp/simd.h"

namespace poolbench::openmp::POOLBENCH_ISA {

#if defined(__FMA__) && (defined(POOLBENCH_AVX512) || defined(POOLBENCH_AVX2))
struct MultiplyAdd {
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

// sum / count by corrected_quotient() of kernels/reduce.h: five instructions where a product by
// `inverse` alone is one, and none of them slow. Without a fused multiply-add a division, which
// gives the same bits.
template <class V>
POOLBENCH_INLINE V divided(V sum, Lane<V> count, [[maybe_unused]] Lane<V> inverse) {
#ifdef POOLBENCH_DIVIDES
  return sum / count;
#else
  return corrected_quotient(sum, broadcast<V>(count), broadcast<V>(inverse), MultiplyAdd());
#endif
}

// What a row of sums is divided by. Windows that are whole on the W axis share `whole`; the divisor
// of another is `row` times the count of its column (ColumnWeights).
template <class Weight>
struct RowScale {
  Weight whole = 1;
  Weight inverse = 1;  // of `whole`
  Weight row = 1;
  bool halves = false;  // a product of whole numbers by `inverse` may miss a quotient half way
};

template <class Weight>
POOLBENCH_INLINE RowScale<Weight> row_scale_of(int64_t count, int64_t row_count) {
  if (count == 0) return {};  // the window has no tap, and its sum is 0
  // An odd divisor has no half, and a power of two an exact inverse.
  const bool halves = (count & 1) == 0 && (count & (count - 1)) != 0;
  const auto whole = Weight(count);
  return {whole, Weight(1 / double(whole)), Weight(row_count), halves};
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_DIVIDE_H_
