// The element types: one row a type, dispatch from a DType to its C++ type, conversions, rounding.
// Everything here works in host code, in CUDA device code and in the CUDA emulator alike.
//
// To add a type: a value of DType (pool_args.h), its storage and conversions, a row of
// POOLBENCH_TYPES, a TypeInfo. No kernel takes it before its Takes (family.h) names it.
#ifndef POOLBENCH_KERNELS_TYPES_H_
#define POOLBENCH_KERNELS_TYPES_H_

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "kernels/pool_args.h"
#include "kernels/set.h"

namespace poolbench {

// Storage of the two 16-bit floats: IEEE binary16 and the upper half of a binary32.
struct f16 {
  uint16_t bits;
};
struct bf16 {
  uint16_t bits;
};

template <class To, class From>
POOLBENCH_HD To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(static_cast<void*>(&to), static_cast<const void*>(&from), sizeof(to));
  return to;
}

POOLBENCH_HD float to_float(bf16 v) { return bit_cast<float>(uint32_t{v.bits} << 16); }

// The 16-bit conversions. On a device its own instructions: the same bits for every number, and
// some NaN for a NaN (tests/cuda_conversions_test.cpp compares with the toolkit's own host code).
POOLBENCH_HD bf16 to_bf16(float v) {
#ifdef __CUDA_ARCH__
  return {__bfloat16_as_ushort(__float2bfloat16_rn(v))};
#else
  const uint32_t u = bit_cast<uint32_t>(v);
  if ((u & 0x7fffffffu) > 0x7f800000u) return {uint16_t((u >> 16) | 0x40u)};  // keep NaN a NaN
  return {uint16_t((u + 0x7fffu + ((u >> 16) & 1u)) >> 16)};  // to nearest, ties to even
#endif
}

POOLBENCH_HD float to_float(f16 v) {
#ifdef __CUDA_ARCH__
  return __half2float(__ushort_as_half(v.bits));
#else
  // Shifted into f32's exponent field the value is off by 2^112; a multiplication by that power is
  // exact and takes subnormals along. Infinity and NaN get their exponent set instead.
  const uint32_t magnitude = uint32_t(v.bits & 0x7fffu) << 13;
  const uint32_t sign = uint32_t(v.bits & 0x8000u) << 16;
  if (magnitude >= 0x0f800000u) return bit_cast<float>(sign | 0x70000000u | magnitude);
  const float scaled = bit_cast<float>(magnitude) * bit_cast<float>(0x77800000u);  // 2^112
  return bit_cast<float>(sign | bit_cast<uint32_t>(scaled));
#endif
}

POOLBENCH_HD f16 to_f16(float v) {
#ifdef __CUDA_ARCH__
  return {__half_as_ushort(__float2half_rn(v))};
#else
  const uint32_t u = bit_cast<uint32_t>(v);
  const uint16_t sign = uint16_t((u >> 16) & 0x8000u);
  const uint32_t magnitude = u & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {uint16_t(sign | 0x7e00u)};
  if (magnitude >= 0x477ff000u) return {uint16_t(sign | 0x7c00u)};  // rounds to 65536 or beyond
  if (magnitude < 0x38800000u) {  // below 2^-14: let f32's own rounding cut at 2^-24
    const float shifted = bit_cast<float>(magnitude) + 0.5f;
    return {uint16_t(sign | (bit_cast<uint32_t>(shifted) - 0x3f000000u))};
  }
  const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u;
  return {uint16_t(sign | (rounded >> 13))};
#endif
}

// One row a type, in DType's order: value, C++ type, name in problem texts, significant bits with
// the implicit one (integers: 0), exponent of the smallest normal number, .npy type (bf16 has none:
// its bits travel as u2).
#define POOLBENCH_TYPES(X)                \
  X(kF64, double, "f64", 53, -1022, "f8") \
  X(kF32, float, "f32", 24, -126, "f4")   \
  X(kF16, f16, "f16", 11, -14, "f2")      \
  X(kBF16, bf16, "bf16", 8, -126, "u2")   \
  X(kI8, int8_t, "i8", 0, 0, "i1")        \
  X(kU8, uint8_t, "u8", 0, 0, "u1")       \
  X(kI32, int32_t, "i32", 0, 0, "i4")     \
  X(kI16, int16_t, "i16", 0, 0, "i2")     \
  X(kI64, int64_t, "i64", 0, 0, "i8")

// The row of a type.
struct TypeFacts {
  DType dtype;
  const char* name;
  int bytes;
  int digits;        // significant bits, the implicit one included; 0: an integer
  int min_exponent;  // the smallest normal number is 2^min_exponent
  const char* npy;   // element type in a .npy file
  constexpr bool is_float() const { return digits != 0; }
  // Whether averages and Lp are defined; of wider integers extremes alone are.
  constexpr bool has_sums() const { return is_float() || bytes == 1; }
};
inline constexpr TypeFacts kTypes[] = {
#define POOLBENCH_ROW(value, type, name, digits, min_exponent, npy) \
  {DType::value, name, int(sizeof(type)), digits, min_exponent, npy},
    POOLBENCH_TYPES(POOLBENCH_ROW)
#undef POOLBENCH_ROW
};
inline constexpr int kTypeCount = int(sizeof(kTypes) / sizeof(kTypes[0]));
static_assert(
    [] {
      for (int i = 0; i < kTypeCount; ++i)
        if (int(kTypes[i].dtype) != i) return false;
      return true;
    }(),
    "POOLBENCH_TYPES is in DType's order");

POOLBENCH_HD constexpr const TypeFacts& facts(DType dtype) { return kTypes[int(dtype)]; }
// Bytes of one element.
POOLBENCH_HD constexpr int64_t dtype_bytes(DType dtype) {
  switch (dtype) {
#define POOLBENCH_ROW(value, type, ...) \
  case DType::value:                    \
    return int64_t(sizeof(type));
    POOLBENCH_TYPES(POOLBENCH_ROW)
#undef POOLBENCH_ROW
  }
  return 0;
}

template <class T>
struct TypeTag {
  using type = T;
};

template <class T>
inline constexpr DType kDTypeOf = DType(-1);
#define POOLBENCH_ROW(value, type, ...) \
  template <>                           \
  inline constexpr DType kDTypeOf<type> = DType::value;
POOLBENCH_TYPES(POOLBENCH_ROW)
#undef POOLBENCH_ROW

inline constexpr Set<DType> kEveryType = Set<DType>::first(kTypeCount);

// Calls f(TypeTag<T>{}) with the element type. A kernel names the types that it takes, the set of
// its Takes: nothing is compiled for the others, and a call with one of them does nothing.
template <Set<DType> kAmong = kEveryType, class F>
void dispatch(DType dtype, F&& f) {
  switch (dtype) {
#define POOLBENCH_ROW(value, type, ...)                                \
  case DType::value:                                                   \
    if constexpr (kAmong.has(DType::value)) return f(TypeTag<type>{}); \
    return;
    POOLBENCH_TYPES(POOLBENCH_ROW)
#undef POOLBENCH_ROW
  }
}

// The types of host/spec.md, Types: the one that holds values in arithmetic (Compute), the one that
// sums them (Sum), and the one that sums powers of them (Power).
template <class T>
struct TypeInfo;
template <>
struct TypeInfo<double> {
  using Compute = double;
  using Sum = double;
  using Power = double;
};
template <>
struct TypeInfo<float> {
  using Compute = float;
  using Sum = float;
  using Power = float;
};
template <>
struct TypeInfo<f16> : TypeInfo<float> {};
template <>
struct TypeInfo<bf16> : TypeInfo<float> {};
template <>
struct TypeInfo<int8_t> {
  using Compute = int32_t;
  using Sum = int64_t;
  using Power = double;
};
template <>
struct TypeInfo<uint8_t> : TypeInfo<int8_t> {};
template <>
struct TypeInfo<int32_t> : TypeInfo<int8_t> {};
template <>
struct TypeInfo<int16_t> : TypeInfo<int8_t> {};
template <>
struct TypeInfo<int64_t> {
  using Compute = int64_t;
  using Sum = int64_t;
  using Power = double;
};

template <class T>
inline constexpr bool kHasSums = facts(kDTypeOf<T>).has_sums();

template <class T>
using Compute = typename TypeInfo<T>::Compute;

template <class T>
POOLBENCH_HD Compute<T> load(T v) {
  if constexpr (std::is_same_v<T, f16> || std::is_same_v<T, bf16>)
    return to_float(v);
  else
    return v;
}

POOLBENCH_HD bool is_nan(double v) { return v != v; }
POOLBENCH_HD bool is_nan(float v) { return v != v; }
POOLBENCH_HD bool is_nan(int32_t) { return false; }
POOLBENCH_HD bool is_nan(int64_t) { return false; }

// The ends of an integer type's range.
template <class T>
inline constexpr int64_t kHighestInteger = int64_t(~uint64_t{0} >> (64 - 8 * sizeof(T) +
                                                                    (std::is_signed_v<T> ? 1 : 0)));
template <class T>
inline constexpr int64_t kLowestInteger = std::is_signed_v<T> ? -kHighestInteger<T> - 1 : 0;

// The values that extremes start from and an empty window gives: -inf and +inf, or the integer's
// lowest and highest.
template <class T>
POOLBENCH_HD Compute<T> lowest() {
  if constexpr (std::is_same_v<Compute<T>, double>)
    return -HUGE_VAL;
  else if constexpr (std::is_same_v<Compute<T>, float>)
    return bit_cast<float>(0xff800000u);
  else
    return Compute<T>(kLowestInteger<T>);
}
template <class T>
POOLBENCH_HD Compute<T> highest() {
  if constexpr (std::is_floating_point_v<Compute<T>>)
    return -lowest<T>();
  else
    return Compute<T>(kHighestInteger<T>);
}

// Rounds to the stored type: floats to nearest even, integers to nearest even and then saturated.
template <class T, class From>
POOLBENCH_HD T store(From v) {
  if constexpr (std::is_same_v<T, f16>)
    return to_f16(float(v));
  else if constexpr (std::is_same_v<T, bf16>)
    return to_bf16(float(v));
  else if constexpr (std::is_floating_point_v<T>)
    return T(v);
  else if constexpr (std::is_integral_v<From>) {
    constexpr int64_t low = kLowestInteger<T>, high = kHighestInteger<T>;
    return T(int64_t(v) < low ? low : int64_t(v) > high ? high : int64_t(v));
  } else {
    constexpr double kBeyond = 0x1p63;
    if (v >= kBeyond) return T(kHighestInteger<T>);
    return store<T>(v < -kBeyond ? kLowestInteger<T> : int64_t(rint(double(v))));
  }
}

// sum / divisor to the nearest integer, ties to even, for any sign of the two; divisor != 0.
POOLBENCH_HD int64_t divide_half_even(int64_t sum, int64_t divisor) {
  if (divisor < 0) {
    sum = -sum;
    divisor = -divisor;
  }
  int64_t quotient = sum / divisor;
  int64_t rest = sum % divisor;
  if (rest < 0) {
    rest += divisor;
    quotient -= 1;
  }
  const int64_t other = divisor - rest;  // compares rest with divisor / 2 without overflow
  return quotient + (rest > other || (rest == other && (quotient & 1)) ? 1 : 0);
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_TYPES_H_
