// Vectors for the OpenMP kernels: GCC's vector extensions, and intrinsics where those fall short.
//
// Every kernel file of this folder is compiled once for each instruction set
// (kernels/CMakeLists.txt), into the namespace that POOLBENCH_ISA names. The linker must never give
// one set's code to another. So these files define nothing outside that namespace, use of shared
// headers only what is always inlined (POOLBENCH_HD), and use no std:: function
// (tests/isa_symbols_test.sh).
//
// x86-64 alone has more than the portable path, which is `baseline`.
#ifndef POOLBENCH_KERNELS_OPENMP_SIMD_H_
#define POOLBENCH_KERNELS_OPENMP_SIMD_H_

#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/reduce.h"

#ifdef __SSE2__
#include <immintrin.h>
#endif

#ifndef POOLBENCH_ISA
#define POOLBENCH_ISA baseline
#endif
#define POOLBENCH_INLINE __attribute__((always_inline)) inline
#define POOLBENCH_INLINE_LAMBDA __attribute__((always_inline))
#define POOLBENCH_NOINLINE __attribute__((noinline))

namespace poolbench::openmp::POOLBENCH_ISA {

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)
#define POOLBENCH_AVX512 1
constexpr int kVectorBytes = 64;
#elif defined(__AVX2__) && defined(__F16C__)
#define POOLBENCH_AVX2 1
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

template <class E, int N>
struct VecOf {
  typedef E type __attribute__((vector_size(N * sizeof(E))));
};
// N lanes of E. The compiler splits vectors longer than a register.
template <class E, int N>
using Vec = typename VecOf<E, N>::type;
// Lanes of E in a register.
template <class E>
constexpr int kLanes = kVectorBytes / int(sizeof(E));

template <class V>
using Lane = std::remove_cvref_t<decltype(std::declval<V>()[0])>;
template <class V>
constexpr int kLanesOf = int(sizeof(V) / sizeof(Lane<V>));
template <int Bytes>
using IntOf = std::conditional_t<
    Bytes == 1, int8_t,
    std::conditional_t<Bytes == 2, int16_t, std::conditional_t<Bytes == 4, int32_t, int64_t>>>;
// Integers with as many lanes and bits as V: what comparisons of V give.
template <class V>
using Ints = Vec<IntOf<int(sizeof(Lane<V>))>, kLanesOf<V>>;

template <class To, class From>
POOLBENCH_INLINE To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(to));
  return to;
}

template <class V>
POOLBENCH_INLINE V broadcast(Lane<V> value) {
  return value - V{};
}

template <class V>
POOLBENCH_INLINE V load_lanes(const Lane<V>* at) {
  V v;
  __builtin_memcpy(&v, at, sizeof(v));
  return v;
}

template <class V>
POOLBENCH_INLINE void store_lanes(Lane<V>* at, V v) {
  __builtin_memcpy(at, &v, sizeof(v));
}

// Stores past the caches (non-temporal). `at` is aligned to the vector.
template <class V>
POOLBENCH_INLINE void stream(Lane<V>* at, V v) {
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 64)
    return _mm512_stream_si512(reinterpret_cast<__m512i*>(at), bits<__m512i>(v));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (sizeof(V) == 32)
    return _mm256_stream_si256(reinterpret_cast<__m256i*>(at), bits<__m256i>(v));
#endif
#ifdef __SSE2__
  if constexpr (sizeof(V) == 16)
    return _mm_stream_si128(reinterpret_cast<__m128i*>(at), bits<__m128i>(v));
#endif
  store_lanes(at, v);
}

// Lanes lo to hi - 1 of a vector; none where hi <= lo.
struct Lanes {
#ifdef POOLBENCH_AVX512
  uint64_t mask;
  Lanes(int64_t lo, int64_t hi) : mask(hi > lo ? (~uint64_t{0} >> (64 - (hi - lo))) << lo : 0) {}
#else
  int lo, hi;
  Lanes(int64_t lo, int64_t hi) : lo(int(lo)), hi(int(hi > lo ? hi : lo)) {}
#endif
};
#ifdef POOLBENCH_AVX2
// AVX2 has masked loads and stores of 4- and 8-byte lanes. Others go through a copy in memory,
// which takes half as long as shifting pieces together in registers.
template <class V>
constexpr bool kMasked = sizeof(V) == 32 && sizeof(Lane<V>) >= 4;
alignas(32) inline constexpr int32_t kOnesThenZeros[24] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                                           0,  0,  0,  0,  0,  0,  0,  0};
template <class V>
POOLBENCH_INLINE __m256i ones_below(int lane) {
  const auto* ones = kOnesThenZeros + 8 - lane * int(sizeof(Lane<V>) / 4);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones));
}
#endif

// Loads those lanes, and takes the others from `fill`. Touches no memory outside of them.
template <class V>
POOLBENCH_INLINE V load_some(const Lane<V>* at, Lanes lanes, V fill) {
  constexpr int kSize = sizeof(Lane<V>);
#ifdef POOLBENCH_AVX512
#define POOLBENCH_LOAD(bytes, size, type, mask_type, load) \
  if constexpr (sizeof(V) == bytes && kSize == size)       \
    return bits<V>(load(bits<type>(fill), mask_type(lanes.mask), at));
  POOLBENCH_LOAD(64, 1, __m512i, __mmask64, _mm512_mask_loadu_epi8)
  POOLBENCH_LOAD(64, 2, __m512i, __mmask32, _mm512_mask_loadu_epi16)
  POOLBENCH_LOAD(64, 4, __m512i, __mmask16, _mm512_mask_loadu_epi32)
  POOLBENCH_LOAD(64, 8, __m512i, __mmask8, _mm512_mask_loadu_epi64)
  POOLBENCH_LOAD(32, 1, __m256i, __mmask32, _mm256_mask_loadu_epi8)
  POOLBENCH_LOAD(32, 2, __m256i, __mmask16, _mm256_mask_loadu_epi16)
  POOLBENCH_LOAD(32, 4, __m256i, __mmask8, _mm256_mask_loadu_epi32)
  POOLBENCH_LOAD(16, 1, __m128i, __mmask16, _mm_mask_loadu_epi8)
  POOLBENCH_LOAD(16, 2, __m128i, __mmask8, _mm_mask_loadu_epi16)
  if constexpr (sizeof(V) == 8 && kSize == 1)
    return bits<V>(_mm_cvtsi128_si64(
        _mm_mask_loadu_epi8(_mm_cvtsi64_si128(bits<int64_t>(fill)), __mmask16(lanes.mask), at)));
#undef POOLBENCH_LOAD
#else
#ifdef POOLBENCH_AVX2
  if constexpr (kMasked<V>) {
    const __m256i mask = _mm256_andnot_si256(ones_below<V>(lanes.lo), ones_below<V>(lanes.hi));
    const __m256i loaded = _mm256_maskload_epi32(reinterpret_cast<const int*>(at), mask);
    return bits<V>(_mm256_blendv_epi8(bits<__m256i>(fill), loaded, mask));
  }
#endif
  V v = fill;
  __builtin_memcpy(reinterpret_cast<char*>(&v) + lanes.lo * kSize, at + lanes.lo,
                   (lanes.hi - lanes.lo) * kSize);
  return v;
#endif
}

// Stores lanes 0 to hi - 1 alone.
template <class V>
POOLBENCH_INLINE void store_some(Lane<V>* at, V v, int hi) {
  constexpr int kSize = sizeof(Lane<V>);
#ifdef POOLBENCH_AVX512
  const uint64_t mask = Lanes(0, hi).mask;
#define POOLBENCH_STORE(bytes, size, type, mask_type, store) \
  if constexpr (sizeof(V) == bytes && kSize == size)         \
    return store(at, mask_type(mask), bits<type>(v));
  POOLBENCH_STORE(64, 1, __m512i, __mmask64, _mm512_mask_storeu_epi8)
  POOLBENCH_STORE(64, 2, __m512i, __mmask32, _mm512_mask_storeu_epi16)
  POOLBENCH_STORE(64, 4, __m512i, __mmask16, _mm512_mask_storeu_epi32)
  POOLBENCH_STORE(64, 8, __m512i, __mmask8, _mm512_mask_storeu_epi64)
  POOLBENCH_STORE(32, 1, __m256i, __mmask32, _mm256_mask_storeu_epi8)
  POOLBENCH_STORE(32, 2, __m256i, __mmask16, _mm256_mask_storeu_epi16)
  POOLBENCH_STORE(32, 4, __m256i, __mmask8, _mm256_mask_storeu_epi32)
  POOLBENCH_STORE(16, 1, __m128i, __mmask16, _mm_mask_storeu_epi8)
  POOLBENCH_STORE(16, 2, __m128i, __mmask8, _mm_mask_storeu_epi16)
#undef POOLBENCH_STORE
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (kMasked<V>)
    return _mm256_maskstore_epi32(reinterpret_cast<int*>(at), ones_below<V>(hi), bits<__m256i>(v));
#endif
  __builtin_memcpy(at, &v, hi * kSize);
}

// An order of reduce.h in the processor's own instructions, which give b where a or b is NaN.
template <class Order>
struct VectorOrder;
template <>
struct VectorOrder<Largest> {
  static constexpr int kSign = 1;                   // of the infinity that wins
  static constexpr int16_t kIdentityKey = -0x8000;  // the identity as a key (convert.h)

  // For vectors without an instruction of their own below. Written so that GCC 12 finds its integer
  // maximum, which it does not behind Order::beats.
  template <class V>
  static POOLBENCH_INLINE V pick(V a, V b) {
    return a > b ? a : b;
  }
#ifdef POOLBENCH_AVX512
  static POOLBENCH_INLINE __mmask16 beats_mask(__m512 a, __m512 b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
  }
  // `a` where the mask is clear.
  static POOLBENCH_INLINE __m512 pick(__m512 a, __mmask16 mask, __m512 b) {
    return _mm512_mask_max_ps(a, mask, a, b);
  }
  static POOLBENCH_INLINE __m512d pick(__m512d a, __mmask8 mask, __m512d b) {
    return _mm512_mask_max_pd(a, mask, a, b);
  }
#endif
#ifdef POOLBENCH_AVX2
  static POOLBENCH_INLINE __m256 pick(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
  static POOLBENCH_INLINE __m256d pick(__m256d a, __m256d b) { return _mm256_max_pd(a, b); }
#endif
#ifdef __SSE2__
  static POOLBENCH_INLINE __m128 pick(__m128 a, __m128 b) { return _mm_max_ps(a, b); }
  static POOLBENCH_INLINE __m128d pick(__m128d a, __m128d b) { return _mm_max_pd(a, b); }
#endif
};

template <>
struct VectorOrder<Smallest> {
  static constexpr int kSign = -1;                 // of the infinity that wins
  static constexpr int16_t kIdentityKey = 0x7fff;  // the identity as a key (convert.h)

  template <class V>
  static POOLBENCH_INLINE V pick(V a, V b) {
    return a < b ? a : b;
  }
#ifdef POOLBENCH_AVX512
  static POOLBENCH_INLINE __mmask16 beats_mask(__m512 a, __m512 b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
  }
  // `a` where the mask is clear.
  static POOLBENCH_INLINE __m512 pick(__m512 a, __mmask16 mask, __m512 b) {
    return _mm512_mask_min_ps(a, mask, a, b);
  }
  static POOLBENCH_INLINE __m512d pick(__m512d a, __mmask8 mask, __m512d b) {
    return _mm512_mask_min_pd(a, mask, a, b);
  }
#endif
#ifdef POOLBENCH_AVX2
  static POOLBENCH_INLINE __m256 pick(__m256 a, __m256 b) { return _mm256_min_ps(a, b); }
  static POOLBENCH_INLINE __m256d pick(__m256d a, __m256d b) { return _mm256_min_pd(a, b); }
#endif
#ifdef __SSE2__
  static POOLBENCH_INLINE __m128 pick(__m128 a, __m128 b) { return _mm_min_ps(a, b); }
  static POOLBENCH_INLINE __m128d pick(__m128d a, __m128d b) { return _mm_min_pd(a, b); }
#endif
};

// Lane by lane the one of two that wins in Order; a NaN on either side wins.
template <class Order, class V>
POOLBENCH_INLINE V winner(V a, V b) {
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 64 && std::is_same_v<Lane<V>, float>) {
    const __m512 x = bits<__m512>(a);
    return bits<V>(
        VectorOrder<Order>::pick(x, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), bits<__m512>(b)));
  } else if constexpr (sizeof(V) == 64 && std::is_same_v<Lane<V>, double>) {
    const __m512d x = bits<__m512d>(a);
    return bits<V>(
        VectorOrder<Order>::pick(x, _mm512_cmp_pd_mask(x, x, _CMP_ORD_Q), bits<__m512d>(b)));
  } else
#endif
#ifdef POOLBENCH_AVX2
    // All ones are a NaN.
    if constexpr (sizeof(V) == 32 && std::is_same_v<Lane<V>, float>) {
      const __m256 x = bits<__m256>(a);
      return bits<V>(_mm256_or_ps(VectorOrder<Order>::pick(x, bits<__m256>(b)),
                                  _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
    } else if constexpr (sizeof(V) == 32 && std::is_same_v<Lane<V>, double>) {
      const __m256d x = bits<__m256d>(a);
      return bits<V>(_mm256_or_pd(VectorOrder<Order>::pick(x, bits<__m256d>(b)),
                                  _mm256_cmp_pd(x, x, _CMP_UNORD_Q)));
    } else
#endif
#ifdef __SSE2__
        if constexpr (sizeof(V) == 16 && std::is_same_v<Lane<V>, float>) {
      const __m128 x = bits<__m128>(a);
      return bits<V>(
          _mm_or_ps(VectorOrder<Order>::pick(x, bits<__m128>(b)), _mm_cmpunord_ps(x, x)));
    } else if constexpr (sizeof(V) == 16 && std::is_same_v<Lane<V>, double>) {
      const __m128d x = bits<__m128d>(a);
      return bits<V>(
          _mm_or_pd(VectorOrder<Order>::pick(x, bits<__m128d>(b)), _mm_cmpunord_pd(x, x)));
    } else
#endif
        if constexpr (std::is_floating_point_v<Lane<V>>) {
      const V number = VectorOrder<Order>::pick(b, a);
      return b != b ? b : number;  // a NaN in a is not beaten, so it stayed
    } else {
      return VectorOrder<Order>::pick(a, b);
    }
}

// Shifts v by J lanes: lane i is v[i - J], or before[N + i - J] where i < J.
template <int J, class V>
POOLBENCH_INLINE V shift_in(V before, V v) {
  constexpr int N = kLanesOf<V>;
  constexpr int kShift = J * int(sizeof(Lane<V>));
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(Lane<V>) <= 2 &&
                kShift <= 16) {  // two fast shuffles instead of one slow permute
    const __m512i x = bits<__m512i>(v);
    const __m512i lanes = _mm512_alignr_epi64(x, bits<__m512i>(before), 6);
    return bits<V>(_mm512_alignr_epi8(x, lanes, 16 - kShift));
  }
#endif
#ifdef __SSE2__
  if constexpr (sizeof(V) == 16)
    return bits<V>(_mm_or_si128(_mm_slli_si128(bits<__m128i>(v), kShift),
                                _mm_srli_si128(bits<__m128i>(before), 16 - kShift)));
#endif
  return [&]<int... I>(std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(before, v, (N - J + I)...);
  }
  (std::make_integer_sequence<int, N>{});
}

// The lanes of `low`, then those of `high`.
template <class V>
POOLBENCH_INLINE Vec<Lane<V>, 2 * kLanesOf<V>> join(V low, V high) {
  using Both = Vec<Lane<V>, 2 * kLanesOf<V>>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 32)
    return bits<Both>(
        _mm512_inserti64x4(_mm512_castsi256_si512(bits<__m256i>(low)), bits<__m256i>(high), 1));
#endif
#if defined(POOLBENCH_AVX512) || defined(POOLBENCH_AVX2)
  if constexpr (sizeof(V) == 16)
    return bits<Both>(_mm256_set_m128i(bits<__m128i>(high), bits<__m128i>(low)));
#endif
#ifdef __SSE2__
  if constexpr (sizeof(V) == 8)
    return bits<Both>(_mm_set_epi64x(bits<int64_t>(high), bits<int64_t>(low)));
#endif
  const V both[2] = {low, high};
  Both v;
  __builtin_memcpy(&v, both, sizeof(v));
  return v;
}

// Every second lane of a, then of b: the even ones (First = 0) or the odd ones (1).
template <int First, class V>
POOLBENCH_INLINE V every_second(V a, V b) {
  constexpr int N = kLanesOf<V>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(Lane<V>) == 1 && sizeof(V) == 64) {  // v4 has no two-source byte permute
    const auto low = [](V v) {
      return _mm512_cvtepi16_epi8(First ? _mm512_srli_epi16(bits<__m512i>(v), 8)
                                        : bits<__m512i>(v));
    };
    return bits<V>(_mm512_inserti64x4(_mm512_castsi256_si512(low(a)), low(b), 1));
  }
#endif
  return [&]<int... I>(std::integer_sequence<int, I...>) {
    return __builtin_shufflevector(a, b, (2 * I + First)...);
  }
  (std::make_integer_sequence<int, N>{});
}

template <class V>
POOLBENCH_INLINE V square_root(V v) {
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 64 && sizeof(Lane<V>) == 4)
    return bits<V>(_mm512_sqrt_ps(bits<__m512>(v)));
  if constexpr (sizeof(V) == 64 && sizeof(Lane<V>) == 8)
    return bits<V>(_mm512_sqrt_pd(bits<__m512d>(v)));
#endif
  for (int i = 0; i < kLanesOf<V>; ++i) {
    if constexpr (sizeof(Lane<V>) == 4)
      v[i] = __builtin_sqrtf(v[i]);
    else
      v[i] = __builtin_sqrt(v[i]);
  }
  return v;
}

template <class V>
POOLBENCH_INLINE V absolute(V v) {
  return v < 0 ? -v : v;
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_SIMD_H_
