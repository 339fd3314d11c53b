#include "kernels/types.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/windows.h"

namespace poolbench {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

// A 16-bit float format, computed slowly: values from the definition, rounding by search.
struct Format {
  int exponent_bits, fraction_bits;

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  uint32_t infinity() const { return ((1u << exponent_bits) - 1) << fraction_bits; }

  double value(uint16_t bits) const {
    const double sign = bits & 0x8000 ? -1 : 1;
    const int exponent = (bits & 0x7fff) >> fraction_bits;
    const int fraction = bits & ((1 << fraction_bits) - 1);
    if (exponent == (1 << exponent_bits) - 1) return fraction != 0 ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias() - fraction_bits);
    return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias() - fraction_bits);
  }

  // Nearest, ties to the even pattern. Beyond the largest number stands infinity, as if it were
  // the next number: IEEE 754's rule.
  uint16_t rounded(double x) const {
    const uint16_t sign = std::signbit(x) ? 0x8000 : 0;
    const double magnitude = std::fabs(x);
    if (std::isinf(x)) return static_cast<uint16_t>(sign | infinity());
    uint32_t low = 0, high = infinity();  // value(low) <= magnitude < value(high)
    while (high - low > 1) {
      const uint32_t middle = (low + high) / 2;
      (value(static_cast<uint16_t>(middle)) <= magnitude ? low : high) = middle;
    }
    const double below = value(static_cast<uint16_t>(low));
    const double above = high == infinity() ? std::ldexp(1.0, (1 << exponent_bits) - 1 - bias())
                                            : value(static_cast<uint16_t>(high));
    const double to_below = magnitude - below, to_above = above - magnitude;
    const bool up = to_above < to_below || (to_above == to_below && low % 2 != 0);
    return static_cast<uint16_t>(sign | (up ? high : low));
  }
};

constexpr Format kF16Format = {5, 10};
constexpr Format kBF16Format = {8, 7};

template <class T>
T convert(float x) {
  if constexpr (std::is_same_v<T, f16>)
    return to_f16(x);
  else
    return to_bf16(x);
}

template <class T>
void expect_all_patterns_round_trip(const Format& format) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const T v{static_cast<uint16_t>(bits)};
    const double value = format.value(v.bits);
    const float f = to_float(v);
    if (std::isnan(value)) {
      ASSERT_TRUE(std::isnan(f)) << std::hex << bits;
      ASSERT_TRUE(std::isnan(to_float(convert<T>(f)))) << std::hex << bits;
      continue;
    }
    ASSERT_EQ(f, value) << std::hex << bits;
    ASSERT_EQ(std::signbit(f), (bits & 0x8000) != 0) << std::hex << bits;
    ASSERT_EQ(convert<T>(f).bits, bits) << std::hex << bits;
  }
}

TEST(F16, all_patterns_round_trip) { expect_all_patterns_round_trip<f16>(kF16Format); }
TEST(BF16, all_patterns_round_trip) { expect_all_patterns_round_trip<bf16>(kBF16Format); }

// Every number of the format, every midpoint between neighbours, and the f32 numbers beside both:
// all places where rounding decides, subnormals and the step to infinity among them.
template <class T>
void expect_rounding_at_all_boundaries(const Format& format) {
  for (uint32_t bits = 0; bits < format.infinity(); ++bits) {
    const double here = format.value(static_cast<uint16_t>(bits));
    const double next = bits + 1 == format.infinity()
                            ? 2 * here - format.value(static_cast<uint16_t>(bits - 1))
                            : format.value(static_cast<uint16_t>(bits + 1));
    for (const double point : {here, (here + next) / 2}) {
      const auto f = static_cast<float>(point);
      ASSERT_EQ(f, point);  // the midpoints are f32 numbers
      for (const float x : {std::nextafter(f, -kInf), f, std::nextafter(f, kInf)})
        for (const float signed_x : {x, -x})
          ASSERT_EQ(convert<T>(signed_x).bits, format.rounded(signed_x))
              << signed_x << " near pattern " << std::hex << bits;
    }
  }
}

TEST(F16, rounds_at_all_boundaries) { expect_rounding_at_all_boundaries<f16>(kF16Format); }

// All midpoints between bf16 numbers are f32 numbers: bf16 has 16 bits fewer at every exponent.
TEST(BF16, rounds_at_all_boundaries) { expect_rounding_at_all_boundaries<bf16>(kBF16Format); }

template <class T>
void expect_rounding_of_random_floats(const Format& format) {
  for (uint64_t i = 0; i < 300'000; ++i) {
    const auto x = bit_cast<float>(static_cast<uint32_t>(splitmix64(11, i)));
    if (std::isnan(x)) {
      ASSERT_TRUE(std::isnan(to_float(convert<T>(x))));
      continue;
    }
    ASSERT_EQ(convert<T>(x).bits, format.rounded(x)) << x;
  }
}

TEST(F16, rounds_random_floats) { expect_rounding_of_random_floats<f16>(kF16Format); }
TEST(BF16, rounds_random_floats) { expect_rounding_of_random_floats<bf16>(kBF16Format); }

TEST(F16, overflow_and_special_values) {
  EXPECT_EQ(to_f16(65504.f).bits, 0x7bff);
  EXPECT_EQ(to_f16(std::nextafter(65520.f, 0.f)).bits, 0x7bff);
  EXPECT_EQ(to_f16(65520.f).bits, 0x7c00);  // halfway to 2^16, the even side is infinity
  EXPECT_EQ(to_f16(-65520.f).bits, 0xfc00);
  EXPECT_EQ(to_f16(std::numeric_limits<float>::max()).bits, 0x7c00);
  EXPECT_EQ(to_f16(kInf).bits, 0x7c00);
  EXPECT_EQ(to_f16(0x1p-24f).bits, 1);
  EXPECT_EQ(to_f16(0x1p-25f).bits, 0);  // halfway to the smallest, the even side is 0
  EXPECT_EQ(to_f16(std::nextafter(0x1p-25f, 1.f)).bits, 1);
  EXPECT_EQ(to_f16(-0.f).bits, 0x8000);
}

TEST(BF16, overflow_and_special_values) {
  EXPECT_EQ(to_bf16(0x1.fep127f).bits, 0x7f7f);
  EXPECT_EQ(to_bf16(0x1.ffp127f).bits, 0x7f80);
  EXPECT_EQ(to_bf16(kInf).bits, 0x7f80);
  EXPECT_EQ(to_bf16(-kInf).bits, 0xff80);
  EXPECT_EQ(to_bf16(0x1p-133f).bits, 1);
  // A NaN stays a NaN, even if all its set bits are cut off.
  EXPECT_TRUE(std::isnan(to_float(to_bf16(bit_cast<float>(0x7f800001u)))));
  EXPECT_TRUE(std::isnan(to_float(to_f16(bit_cast<float>(0xff800001u)))));
}

TEST(Store, f32_and_f64_round_to_nearest_even) {
  EXPECT_EQ(store<float>(1 + 0x1p-24), 1.f);
  EXPECT_EQ(store<float>(1 + 0x3p-24), 1 + 0x1p-22f);
  EXPECT_EQ(store<float>(1e300), kInf);
  EXPECT_EQ(store<double>(0.1), 0.1);
  EXPECT_EQ(store<f16>(2049.0).bits, to_f16(2048).bits);
  EXPECT_EQ(store<bf16>(257.0).bits, to_bf16(256).bits);
}

template <class T>
void expect_saturation() {
  constexpr int64_t low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  for (int64_t x = low - 300; x <= high + 300; ++x) {
    ASSERT_EQ(store<T>(x), std::clamp(x, low, high)) << x;
    ASSERT_EQ(store<T>(static_cast<int32_t>(x)), std::clamp(x, low, high)) << x;
    ASSERT_EQ(store<T>(static_cast<double>(x)), std::clamp(x, low, high)) << x;
    ASSERT_EQ(store<T>(static_cast<double>(x) + 0.25), std::clamp(x, low, high)) << x;
    ASSERT_EQ(store<T>(static_cast<float>(x) + 0.75f), std::clamp(x + 1, low, high)) << x;
    const int64_t even = x % 2 == 0 ? x : x + 1;  // x + 1/2 lies between x and x + 1
    ASSERT_EQ(store<T>(static_cast<double>(x) + 0.5), std::clamp(even, low, high)) << x;
  }
  for (const double x : {1e9, 1e18, 1e300, HUGE_VAL}) {
    EXPECT_EQ(store<T>(x), high) << x;
    EXPECT_EQ(store<T>(-x), low) << x;
  }
  EXPECT_EQ(store<T>(std::numeric_limits<int64_t>::max()), high);
  EXPECT_EQ(store<T>(std::numeric_limits<int64_t>::min()), low);
}

TEST(Store, i8_rounds_half_even_and_saturates) { expect_saturation<int8_t>(); }
TEST(Store, u8_rounds_half_even_and_saturates) { expect_saturation<uint8_t>(); }
TEST(Store, i16_rounds_half_even_and_saturates) { expect_saturation<int16_t>(); }

TEST(Store, i32_rounds_half_even_and_saturates) {
  EXPECT_EQ(store<int32_t>(2.5), 2);
  EXPECT_EQ(store<int32_t>(-3.5), -4);
  EXPECT_EQ(store<int32_t>(2147483647.0), 2147483647);
  EXPECT_EQ(store<int32_t>(2147483648.0), 2147483647);
  EXPECT_EQ(store<int32_t>(-2147483648.0), -2147483647 - 1);
  EXPECT_EQ(store<int32_t>(-2147483649.0), -2147483647 - 1);
  EXPECT_EQ(store<int32_t>(INFINITY), 2147483647);
  EXPECT_EQ(store<int32_t>(int64_t{1} << 40), 2147483647);
}

TEST(Store, i64_keeps_every_integer_and_saturates) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min(), kHigh = -1 - kLow;
  for (const int64_t x : {kLow, kLow + 1, (int64_t{1} << 53) + 1, kHigh - 1, kHigh})
    EXPECT_EQ(store<int64_t>(x), x);
  EXPECT_EQ(store<int64_t>(2.5), 2);
  EXPECT_EQ(store<int64_t>(0x1p63), kHigh);
  EXPECT_EQ(store<int64_t>(-0x1p63), kLow);
  EXPECT_EQ(store<int64_t>(-INFINITY), kLow);
}

// Returns the integer nearest to the exact quotient; of two equally near, the even one.
int64_t divided_slowly(int64_t sum, int64_t divisor) {
  const __int128 near = __int128{sum} / divisor;
  __int128 best = 0, best_distance = -1;
  for (__int128 q = near - 1; q <= near + 1; ++q) {
    __int128 distance = q * divisor - sum;
    if (distance < 0) distance = -distance;
    const bool even_tie = distance == best_distance && q % 2 == 0;
    if (best_distance < 0 || distance < best_distance || even_tie)
      best = q, best_distance = distance;
  }
  return static_cast<int64_t>(best);
}

TEST(DivideHalfEven, small_numbers_of_both_signs) {
  for (int64_t sum = -300; sum <= 300; ++sum)
    for (int64_t divisor = -40; divisor <= 40; ++divisor)
      if (divisor != 0) {
        ASSERT_EQ(divide_half_even(sum, divisor), divided_slowly(sum, divisor))
            << sum << " / " << divisor;
      }
}

TEST(DivideHalfEven, random_numbers_of_all_sizes) {
  for (uint64_t i = 0; i < 200'000; ++i) {
    const uint64_t shifts = splitmix64(5, i);
    const auto sum = static_cast<int64_t>(splitmix64(6, i)) >> (1 + shifts % 63);
    const auto divisor = static_cast<int64_t>(splitmix64(7, i)) >> (1 + shifts / 64 % 63);
    if (divisor == 0) continue;
    ASSERT_EQ(divide_half_even(sum, divisor), divided_slowly(sum, divisor))
        << sum << " / " << divisor;
  }
}

TEST(DivideHalfEven, ties_and_extremes) {
  EXPECT_EQ(divide_half_even(5, 2), 2);
  EXPECT_EQ(divide_half_even(3, 2), 2);
  EXPECT_EQ(divide_half_even(-5, 2), -2);
  EXPECT_EQ(divide_half_even(5, -2), -2);
  EXPECT_EQ(divide_half_even(7, -2), -4);
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const int64_t sum : {kMost, kMost - 1, -kMost, int64_t{1}, int64_t{0}})
    for (const int64_t divisor : {kMost, kMost - 1, -kMost, kMost / 2 + 1, int64_t{2}, int64_t{-1}})
      EXPECT_EQ(divide_half_even(sum, divisor), divided_slowly(sum, divisor))
          << sum << " / " << divisor;
}

TEST(Lowest, is_what_an_empty_window_gives) {
  EXPECT_EQ(lowest<double>(), -INFINITY);
  EXPECT_EQ(lowest<float>(), -kInf);
  EXPECT_EQ(store<f16>(lowest<f16>()).bits, 0xfc00);
  EXPECT_EQ(store<bf16>(lowest<bf16>()).bits, 0xff80);
  EXPECT_EQ(store<int8_t>(lowest<int8_t>()), -128);
  EXPECT_EQ(store<uint8_t>(lowest<uint8_t>()), 0);
  EXPECT_EQ(store<int32_t>(lowest<int32_t>()), std::numeric_limits<int32_t>::min());
  EXPECT_EQ(store<int16_t>(lowest<int16_t>()), -32768);
  EXPECT_EQ(store<int64_t>(lowest<int64_t>()), std::numeric_limits<int64_t>::min());
}

TEST(DTypeBytes, all_types) {
  for (const DType dtype : {DType::kF64, DType::kI64}) EXPECT_EQ(dtype_bytes(dtype), 8);
  for (const DType dtype : {DType::kF32, DType::kI32}) EXPECT_EQ(dtype_bytes(dtype), 4);
  for (const DType dtype : {DType::kF16, DType::kBF16, DType::kI16})
    EXPECT_EQ(dtype_bytes(dtype), 2);
  for (const DType dtype : {DType::kI8, DType::kU8}) EXPECT_EQ(dtype_bytes(dtype), 1);
}

}  // namespace
}  // namespace poolbench
