// Arithmetic on 32-bit words that hold one, two or four elements, and conversions: the device's
// instruction where it has one, and a twin in plain C++ for the emulator.
#ifndef POOLBENCH_KERNELS_CUDA_WORDS_H_
#define POOLBENCH_KERNELS_CUDA_WORDS_H_

#include "kernels/cuda/launch.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace poolbench {

// N elements that are loaded and stored as one.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
  T v[N];
};
// 16 bytes as words.
struct alignas(16) Words {
  uint32_t w[4];
};

// Elements of a word.
template <class T>
inline constexpr int kLanes = 4 / int(sizeof(T));

template <class T>
POOLBENCH_DEVICE uint32_t broadcast(T v) {
  if constexpr (sizeof(T) == 4)
    return bit_cast<uint32_t>(v);
  else if constexpr (sizeof(T) == 2)
    return bit_cast<uint16_t>(v) * 0x10001u;
  else
    return bit_cast<uint8_t>(v) * 0x1010101u;
}

// Every lane lowest(): what a maximum starts from.
template <class T>
POOLBENCH_DEVICE uint32_t lowest_word() {
  if constexpr (std::is_same_v<T, f16>)
    return 0xfc00fc00u;
  else if constexpr (std::is_same_v<T, bf16>)
    return 0xff80ff80u;
  else
    return broadcast(store<T>(lowest<T>()));
}

// Bytes of a (0 to 3) and b (4 to 7), picked by the selector's four nibbles.
POOLBENCH_DEVICE uint32_t byte_permute(uint32_t a, uint32_t b, uint32_t selector) {
#ifdef __CUDA_ARCH__
  return __byte_perm(a, b, selector);
#else
  const uint64_t bytes = uint64_t{b} << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i)
    result |= uint32_t((bytes >> (selector >> (4 * i) & 7) * 8) & 0xff) << (8 * i);
  return result;
#endif
}

// The element in lane `i`.
template <class T>
POOLBENCH_DEVICE T lane(uint32_t word, int i) {
  if constexpr (sizeof(T) == 4)
    return bit_cast<T>(word);
  else if constexpr (sizeof(T) == 2)
    return bit_cast<T>(uint16_t(word >> (16 * i)));
  else
    return bit_cast<T>(uint8_t(word >> (8 * i)));
}

// The element as the type sums are made in; exact.
template <class T>
POOLBENCH_DEVICE Compute<T> widen(T v) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, f16>)
    return __half2float(__ushort_as_half(v.bits));
  else
#endif
    return load(v);
}

template <class T>
POOLBENCH_DEVICE T narrow(float v) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, f16>)
    return {__half_as_ushort(__float2half_rn(v))};
  else if constexpr (std::is_same_v<T, bf16>)
    return {__bfloat16_as_ushort(__float2bfloat16_rn(v))};
  else
#endif
    return store<T>(v);
}

// The larger of each lane; NaN beats everything.
template <class T>
POOLBENCH_DEVICE uint32_t max_words(uint32_t a, uint32_t b) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<T, f16>) {
    const __half2 m = __hmax2_nan(bit_cast<__half2>(a), bit_cast<__half2>(b));
    return bit_cast<uint32_t>(m);
  } else if constexpr (std::is_same_v<T, bf16>) {
    const __nv_bfloat162 m = __hmax2_nan(bit_cast<__nv_bfloat162>(a), bit_cast<__nv_bfloat162>(b));
    return bit_cast<uint32_t>(m);
  } else if constexpr (std::is_same_v<T, int8_t>) {
    return __vmaxs4(a, b);
  } else if constexpr (std::is_same_v<T, uint8_t>) {
    return __vmaxu4(a, b);
  } else {
    static_assert(std::is_same_v<T, float>);
#if __CUDA_ARCH__ >= 800
    uint32_t m;
    asm("max.NaN.f32 %0, %1, %2;" : "=r"(m) : "r"(a), "r"(b));
    return m;
#else
    const float x = bit_cast<float>(a), y = bit_cast<float>(b);
    return y > x || y != y ? b : a;
#endif
  }
#else
  uint32_t m = 0;
  for (int i = 0; i < kLanes<T>; ++i) {
    const Compute<T> x = load(lane<T>(a, i)), y = load(lane<T>(b, i));
    const uint32_t from = y > x || is_nan(y) ? b : a;
    m |= from & (uint32_t(~uint64_t{0} >> (64 - 8 * sizeof(T))) << (8 * int(sizeof(T)) * i));
  }
  return m;
#endif
}

template <class T>
POOLBENCH_DEVICE Words max_words(const Words& a, const Words& b) {
  Words m;
  POOLBENCH_UNROLL
  for (int i = 0; i < 4; ++i) m.w[i] = max_words<T>(a.w[i], b.w[i]);
  return m;
}

POOLBENCH_DEVICE Words all_words(uint32_t word) { return {{word, word, word, word}}; }

// A plain float sum of this many terms keeps its error below the bound of design section 5.
constexpr int32_t kMaxPlainTerms = 32;

// How often a loop over loads is unrolled, so that several are in flight. A power is a large piece
// of code and hides its load well enough alone.
template <class Op>
inline constexpr int kLoadsInFlight = 4;
template <class T>
inline constexpr int kLoadsInFlight<Lp<T>> = 1;

// sum / divisor in the element type; 0 over 0 is 0. Small integers: where |sum| < 2^24 and
// |divisor|
// <= kMaxSmallDivisor the float quotient is a tie exactly where the true one is, so rounding it is
// exact. 16-bit floats take the reciprocal: their own rounding covers its error.
constexpr int64_t kMaxSmallDivisor = 1 << 15;
template <class T, class Sum>
POOLBENCH_DEVICE T divided(Sum sum, float divisor) {
  if (divisor == 0) return T{};
  if constexpr (std::is_integral_v<Sum>) {
    const float rounded = rintf(float(sum) / divisor);
    constexpr float low = std::is_same_v<T, uint8_t> ? 0.0f : -128.0f;
    constexpr float high = std::is_same_v<T, uint8_t> ? 255.0f : 127.0f;
    return T(int32_t(rounded < low ? low : rounded > high ? high : rounded));
  } else if constexpr (sizeof(T) == 2) {
    return narrow<T>(sum * (1.0f / divisor));
  } else {
    return sum / divisor;
  }
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_WORDS_H_
