// Arithmetic on 32-bit words that hold one, two or four elements, and conversions: the device's
// instruction where it has one, and a twin in plain C++ for the emulator.
#ifndef POOLBENCH_KERNELS_CUDA_WORDS_H_
#define POOLBENCH_KERNELS_CUDA_WORDS_H_

#include <algorithm>

#include "kernels/cuda/launch.h"

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

// The larger of two floats or integers; NaN beats everything.
template <class T>
POOLBENCH_DEVICE T max_of(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return a < b ? b : a;
  else
    return bit_cast<T>(max_words<T>(bit_cast<uint32_t>(a), bit_cast<uint32_t>(b)));
}

// The larger of each of two 16-bit integers, signed or not as T is.
template <class T>
POOLBENCH_DEVICE uint32_t max_pairs(uint32_t a, uint32_t b) {
#ifdef __CUDA_ARCH__
  return std::is_signed_v<T> ? __vmaxs2(a, b) : __vmaxu2(a, b);
#else
  using Half = std::conditional_t<std::is_signed_v<T>, int16_t, uint16_t>;
  const Half low = std::max(Half(a), Half(b)), high = std::max(Half(a >> 16), Half(b >> 16));
  return uint32_t(uint16_t(high)) << 16 | uint16_t(low);
#endif
}

// The largest of many words, lane by lane.
template <class T>
struct MaxLanes {
  uint32_t best = lowest_word<T>();

  POOLBENCH_DEVICE void add(uint32_t word) { best = max_words<T>(best, word); }
  POOLBENCH_DEVICE uint32_t word() const { return best; }
};
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
// Bytes as the upper halves of 16-bit integers, which have a maximum of their own from sm_90 on: 3
// instructions for 4 bytes, where max_words takes 6. What stands below a byte only breaks ties.
template <class T>
struct MaxByteLanes {
  uint32_t even = lowest_word<T>(), odd = even;

  POOLBENCH_DEVICE void add(uint32_t word) {
    even = max_pairs<T>(even, word << 8);
    odd = max_pairs<T>(odd, word);
  }
  POOLBENCH_DEVICE uint32_t word() const { return byte_permute(even, odd, 0x7351); }
};
template <>
struct MaxLanes<int8_t> : MaxByteLanes<int8_t> {};
template <>
struct MaxLanes<uint8_t> : MaxByteLanes<uint8_t> {};
#endif

POOLBENCH_DEVICE Words all_words(uint32_t word) { return {{word, word, word, word}}; }

// A plain float sum of this many terms keeps its error within host/spec.md, Judgement.
constexpr int32_t kMaxPlainTerms = 32;

// A reduction that is told where a run of at most kMaxPlainTerms taps ends.
template <class Op>
struct RunByRun : Op {
  using Op::Op;
  POOLBENCH_DEVICE void end_run() {}
};
// Within a run a plain sum; runs are added with their errors kept.
template <class T>
struct RunByRun<Average<T>> : Average<T> {
  using Average<T>::Average;
  typename Average<T>::Sum run = 0;
  POOLBENCH_DEVICE void add(Compute<T> v, int64_t) { run += v; }
  POOLBENCH_DEVICE void end_run() {
    this->sum.add(run);
    run = 0;
  }
};

// How often a loop over loads is unrolled, so that several are in flight. A power is a large piece
// of code and hides its load well enough alone.
template <class Op>
inline constexpr int kLoadsInFlight = 4;
template <class T>
inline constexpr int kLoadsInFlight<Lp<T>> = 1;

// Lp over integers, which `table` and `sliding` alone have.
template <class Op>
inline constexpr bool kIntegerLp =
    std::is_same_v<Op, Lp<int8_t>> || std::is_same_v<Op, Lp<uint8_t>>;

// What a sum is divided by. 0, of a window without a tap, gives 0.
struct Divisor {
  float value, inverse;

  POOLBENCH_HD explicit Divisor(float v) : value(v), inverse(v == 0 ? 0 : 1 / v) {}
  POOLBENCH_HD Divisor(float v, float i) : value(v), inverse(i) {}
  // Of axes that are counted apart. The inverse is off by another rounding or two.
  POOLBENCH_HD Divisor operator*(Divisor other) const {
    return {value * other.value, inverse * other.inverse};
  }
};

// sum / divisor in the element type. Floats take the inverse, whose error is one of 64 that are
// allowed. Small integers are exact: where |sum| < 2^24 and |divisor| <= 2^15 the float nearest to
// the quotient is a tie exactly where the quotient is, and two steps find it from the inverse
// (Markstein 1990). Adding 1.5 * 2^23 rounds to whole numbers, ties to even, in the lowest bits.
template <class T, class Sum>
POOLBENCH_DEVICE T divided(Sum sum, Divisor divisor) {
  if constexpr (std::is_integral_v<Sum>) {
    const float a = float(sum), near = a * divisor.inverse;
    const float quotient = fmaf(fmaf(-near, divisor.value, a), divisor.inverse, near);
    constexpr float low = std::is_same_v<T, uint8_t> ? 0.0f : -128.0f;
    constexpr float high = std::is_same_v<T, uint8_t> ? 255.0f : 127.0f;
    const float limited = fminf(fmaxf(quotient, low), high);
    return T(bit_cast<uint32_t>(limited + 12582912.0f));
  } else {
    return store<T>(sum * divisor.inverse);
  }
}

// Within an ulp.
POOLBENCH_DEVICE float square_root(float v) {
#ifdef __CUDA_ARCH__
  float root;
  asm("sqrt.approx.f32 %0, %1;" : "=f"(root) : "f"(v));
  return root;
#else
  return sqrtf(v);
#endif
}

// s^(1/p) to about four digits, for s > 0 (2^-22 of the logarithm, which is below 128).
POOLBENCH_DEVICE float estimated_root(float s, float inverse_p) {
#ifdef __CUDA_ARCH__
  float log, root;
  asm("lg2.approx.f32 %0, %1;" : "=f"(log) : "f"(s));
  asm("ex2.approx.f32 %0, %1;" : "=f"(root) : "f"(log * inverse_p));
  return root;
#else
  return exp2f(log2f(s) * inverse_p);
#endif
}
// a / b for b below 2^126, within two ulp.
POOLBENCH_DEVICE float quotient(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fdividef(a, b);
#else
  return a / b;
#endif
}

// Every x to the power of p, from 1 to 16 and the same for all threads: a square for each bit of p
// below its highest, and a factor where that is set. Several x share the branches.
template <int N>
POOLBENCH_DEVICE void raise_all(float (&x)[N], int32_t p) {
  float once[N];
  POOLBENCH_UNROLL
  for (int i = 0; i < N; ++i) once[i] = x[i];
  for (int32_t bit = p < 2 ? 0 : p < 4 ? 1 : p < 8 ? 2 : p < 16 ? 4 : 8; bit != 0; bit >>= 1) {
    POOLBENCH_UNROLL
    for (int i = 0; i < N; ++i) x[i] *= x[i];
    if ((p & bit) == 0) continue;
    POOLBENCH_UNROLL
    for (int i = 0; i < N; ++i) x[i] *= once[i];
  }
}

// What a sum is made of and what becomes of it: term(v) of each tap, raise() of several terms at
// once, value() of their sum. `given` is the divisor, or 0 where it is the count of taps.
template <class T>
struct Mean {
  using Type = T;
  static constexpr bool kIndices = false;
  POOLBENCH_DEVICE explicit Mean(const Shapes&) {}
  POOLBENCH_DEVICE static Compute<T> term(T v) { return load(v); }
  template <int N>
  POOLBENCH_DEVICE static void raise(Compute<T> (&)[N]) {}
  POOLBENCH_DEVICE static float given(const Shapes& args) { return float(args.divisor); }
  POOLBENCH_DEVICE static T value(Compute<T> sum, Divisor divisor) {
    return divided<T>(sum, divisor);
  }
};
// Lp with p = 2, as cheap as an average: a square and its sum are one instruction.
template <class T>
struct Norm2 {
  using Type = T;
  static constexpr bool kIndices = false;
  POOLBENCH_DEVICE explicit Norm2(const Shapes&) {}
  POOLBENCH_DEVICE static float term(T v) {
    const float x = load(v);
    return x * x;
  }
  template <int N>
  POOLBENCH_DEVICE static void raise(float (&)[N]) {}
  POOLBENCH_DEVICE static float given(const Shapes& args) { return args.norm_mean ? 0 : 1; }
  POOLBENCH_DEVICE static T value(float sum, Divisor divisor) {
    return store<T>(square_root(sum * divisor.inverse));
  }
};
// Lp with any whole p up to 16 (is_power() in family.h).
template <class T>
struct Powers {
  using Type = T;
  static constexpr bool kIndices = false;
  int32_t p;
  float inverse_p;

  POOLBENCH_DEVICE explicit Powers(const Shapes& args)
      : p(int32_t(args.norm)), inverse_p(1 / float(p)) {}
  POOLBENCH_DEVICE static float term(T v) { return fabsf(load(v)); }
  template <int N>
  POOLBENCH_DEVICE void raise(float (&x)[N]) const {
    raise_all(x, p);
  }
  POOLBENCH_DEVICE static float given(const Shapes& args) { return args.norm_mean ? 0 : 1; }
  // A step of Newton's method from the estimate squares its error. Zero, infinity and NaN stay what
  // they are.
  POOLBENCH_DEVICE T value(float sum, Divisor divisor) const {
    const float s = sum * divisor.inverse;
    if (p == 1 || !(s > 0 && s < HUGE_VALF)) return store<T>(s);
    const float root = estimated_root(s, inverse_p);
    float power[1] = {root};
    raise_all(power, p - 1);
    return store<T>(root + (quotient(s, power[0]) - root) * inverse_p);
  }
};

// The rules of Lp, which are for floats alone.
template <class Op>
inline constexpr bool kLpRule = false;
template <class T>
inline constexpr bool kLpRule<Norm2<T>> = true;
template <class T>
inline constexpr bool kLpRule<Powers<T>> = true;

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_WORDS_H_
