// Conversions between element types, a vector at a time; kernels/types.h has the rules.
#ifndef POOLBENCH_KERNELS_OPENMP_CONVERT_H_
#define POOLBENCH_KERNELS_OPENMP_CONVERT_H_

#include "kernels/openmp/simd.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// Gives the bits of kernels/types.h's to_float and to_f16; so do the three below. The second
// argument names the type.
template <int N>
POOLBENCH_INLINE Vec<float, N> to_float(Vec<uint16_t, N> v, f16) {
#ifdef POOLBENCH_AVX512
  if constexpr (N == 16) return bits<Vec<float, N>>(_mm512_cvtph_ps(bits<__m256i>(v)));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (N == 8) return bits<Vec<float, N>>(_mm256_cvtph_ps(bits<__m128i>(v)));
#endif
  using U = Vec<uint32_t, N>;
  using F = Vec<float, N>;
  const U wide = __builtin_convertvector(v, U);
  const U sign = (wide & 0x8000u) << 16, magnitude = (wide & 0x7fffu) << 13;
  const U scaled = bits<U>(bits<F>(magnitude) * 0x1p112f);
  return bits<F>(sign | (magnitude >= 0x0f800000u ? magnitude | 0x70000000u : scaled));
}

template <int N>
POOLBENCH_INLINE Vec<float, N> to_float(Vec<uint16_t, N> v, bf16) {
#ifdef POOLBENCH_AVX512  // GCC 12 makes two halves and joins them
  if constexpr (N == 16)
    return bits<Vec<float, N>>(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits<__m256i>(v)), 16));
#endif
  return bits<Vec<float, N>>(__builtin_convertvector(v, Vec<uint32_t, N>) << 16);
}

template <int N>
POOLBENCH_INLINE Vec<uint16_t, N> from_float(Vec<float, N> v, f16) {
#ifdef POOLBENCH_AVX512
  if constexpr (N == 16)
    return bits<Vec<uint16_t, N>>(
        _mm512_cvtps_ph(bits<__m512>(v), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (N == 8)
    return bits<Vec<uint16_t, N>>(_mm256_cvtps_ph(bits<__m256>(v), _MM_FROUND_TO_NEAREST_INT));
#endif
  using U = Vec<uint32_t, N>;
  using F = Vec<float, N>;
  const U u = bits<U>(v), sign = (u >> 16) & 0x8000u, magnitude = u & 0x7fffffffu;
  const U small = bits<U>(bits<F>(magnitude) + 0.5f) - 0x3f000000u;
  const U normal = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
  U result = magnitude < 0x38800000u ? small : normal;
  result = magnitude >= 0x477ff000u ? broadcast<U>(0x7c00u) : result;
  result = magnitude > 0x7f800000u ? broadcast<U>(0x7e00u) : result;
  return __builtin_convertvector(result | sign, Vec<uint16_t, N>);
}

template <int N>
POOLBENCH_INLINE Vec<uint16_t, N> from_float(Vec<float, N> v, bf16) {
  using U = Vec<uint32_t, N>;
  const U u = bits<U>(v);
  const U nearest = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  const U result = (u & 0x7fffffffu) > 0x7f800000u ? (u >> 16) | 0x40u : nearest;
  return __builtin_convertvector(result, Vec<uint16_t, N>);
}

// Keys: the 16-bit floats as integers that compare as an order wants it: every NaN beats both
// infinities. Flipping the magnitude of negative numbers puts all values in order, with half of the
// NaNs at each end; the addition wraps those at the wrong end round to the other.
template <class T>
constexpr int16_t kNansOfOneSign = std::is_same_v<T, f16> ? 0x3ff : 0x7f;
template <class T, class Order, class V>
POOLBENCH_INLINE V to_key(V v) {
  using U = Vec<uint16_t, kLanesOf<V>>;
  return bits<V>(bits<U>(v ^ ((v >> 15) & 0x7fff)) -
                 uint16_t(VectorOrder<Order>::kSign * kNansOfOneSign<T>));
}
template <class T, class Order, class V>
POOLBENCH_INLINE V from_key(V v) {
  using U = Vec<uint16_t, kLanesOf<V>>;
  v = bits<V>(bits<U>(v) + uint16_t(VectorOrder<Order>::kSign * kNansOfOneSign<T>));
  return v ^ ((v >> 15) & 0x7fff);
}

// Bytes to 16-bit integers.
template <class V>
POOLBENCH_INLINE Vec<int16_t, kLanesOf<V>> widen(V v) {
  using Wide = Vec<int16_t, kLanesOf<V>>;
  [[maybe_unused]] constexpr bool kSigned = std::is_signed_v<Lane<V>>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 32)
    return bits<Wide>(kSigned ? _mm512_cvtepi8_epi16(bits<__m256i>(v))
                              : _mm512_cvtepu8_epi16(bits<__m256i>(v)));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (sizeof(V) == 16)
    return bits<Wide>(kSigned ? _mm256_cvtepi8_epi16(bits<__m128i>(v))
                              : _mm256_cvtepu8_epi16(bits<__m128i>(v)));
#endif
  return __builtin_convertvector(v, Wide);
}

// Bytes to 32-bit integers. By intrinsics: where a shuffle follows, GCC 12 splits a conversion into
// single lanes.
template <class V>
POOLBENCH_INLINE Vec<int32_t, kLanesOf<V>> widen_twice(V v) {
  using Wide = Vec<int32_t, kLanesOf<V>>;
  [[maybe_unused]] constexpr bool kSigned = std::is_signed_v<Lane<V>>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 16)
    return bits<Wide>(kSigned ? _mm512_cvtepi8_epi32(bits<__m128i>(v))
                              : _mm512_cvtepu8_epi32(bits<__m128i>(v)));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (sizeof(V) == 8) {
    const __m128i bytes = _mm_cvtsi64_si128(bits<int64_t>(v));
    return bits<Wide>(kSigned ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes));
  }
#endif
  return __builtin_convertvector(v, Wide);
}

// To the nearest integer, ties to even; |v| < 2^22.
template <class V>
POOLBENCH_INLINE Vec<int32_t, kLanesOf<V>> round_half_even(V v) {
  using I = Vec<int32_t, kLanesOf<V>>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 64) return bits<I>(_mm512_cvtps_epi32(bits<__m512>(v)));
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (sizeof(V) == 32) return bits<I>(_mm256_cvtps_epi32(bits<__m256>(v)));
#endif
#ifdef __SSE2__
  if constexpr (sizeof(V) == 16) return bits<I>(_mm_cvtps_epi32(bits<__m128>(v)));
#endif
  const V magic = broadcast<V>(12582912.0f);  // 1.5 * 2^23
  return bits<I>(v + magic) - bits<I>(magic);
}

// The lanes of `low`, then those of `high`, as saturated bytes.
template <class E, class V>
POOLBENCH_INLINE Vec<E, 2 * kLanesOf<V>> to_bytes(V low, V high) {
  using R = Vec<E, 2 * kLanesOf<V>>;
  [[maybe_unused]] constexpr bool kSigned = std::is_signed_v<E>;
#ifdef POOLBENCH_AVX512
  if constexpr (sizeof(V) == 64) {
    const auto narrow = [](__m512i v) {
      return kSigned ? _mm512_cvtsepi32_epi8(v)
                     : _mm512_cvtusepi32_epi8(_mm512_max_epi32(v, _mm512_setzero_si512()));
    };
    return bits<R>(_mm256_set_m128i(narrow(bits<__m512i>(high)), narrow(bits<__m512i>(low))));
  }
#endif
#ifdef POOLBENCH_AVX2
  if constexpr (sizeof(V) == 32) {
    const __m256i mixed = _mm256_packs_epi32(bits<__m256i>(low), bits<__m256i>(high));
    const __m256i words = _mm256_permute4x64_epi64(mixed, 0xd8);
    const __m128i a = _mm256_castsi256_si128(words), b = _mm256_extracti128_si256(words, 1);
    return bits<R>(kSigned ? _mm_packs_epi16(a, b) : _mm_packus_epi16(a, b));
  }
#endif
#ifdef __SSE2__
  if constexpr (sizeof(V) == 16) {
    const __m128i words = _mm_packs_epi32(bits<__m128i>(low), bits<__m128i>(high));
    const __m128i bytes = kSigned ? _mm_packs_epi16(words, words) : _mm_packus_epi16(words, words);
    return bits<R>(_mm_cvtsi128_si64(bytes));
  }
#endif
  constexpr int kLow = kSigned ? -128 : 0, kHigh = kSigned ? 127 : 255;
  R r;
  for (int i = 0; i < kLanesOf<V>; ++i) {
    r[i] = E(low[i] < kLow ? kLow : low[i] > kHigh ? kHigh : low[i]);
    r[i + kLanesOf<V>] = E(high[i] < kLow ? kLow : high[i] > kHigh ? kHigh : high[i]);
  }
  return r;
}

// The first (kHigh = 0) or second half of a vector's 16-bit integers, as floats.
template <int kHigh, class V>
POOLBENCH_INLINE Vec<float, kLanesOf<V> / 2> half_to_float(V v) {
  constexpr int N = kLanesOf<V> / 2;
  Vec<int16_t, N> half;
  __builtin_memcpy(&half, reinterpret_cast<const char*>(&v) + kHigh * sizeof(half), sizeof(half));
  return __builtin_convertvector(__builtin_convertvector(half, Vec<int32_t, N>), Vec<float, N>);
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_CONVERT_H_
