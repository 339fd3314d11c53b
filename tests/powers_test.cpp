// Powers and roots of kernels/reduce.h, over the whole range of their types: within 2 roundings,
// where a rounded exponent alone would be off by up to 36 (f32) and 350 (f64).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "host/windows.h"
#include "kernels/reduce.h"

namespace poolbench {
namespace {

constexpr double kNorms[] = {0.1, 0.5, 0.7, 1.5, 2, 2.7, 3, 5, 7, 16, 100.1};

// Calls f(x, p) for numbers of every size.
template <class P, class F>
void for_numbers(F&& f) {
  constexpr double kLn = std::is_same_v<P, float> ? 85 : 690;
  for (const double p : kNorms)
    for (uint64_t i = 0; i < 2000; ++i)
      f(P(std::exp(kLn * (double(splitmix64(1, i) >> 11) * 0x1p-52 - 1))), p);
}

template <class P>
bool normal(long double v) {
  return v >= std::numeric_limits<P>::min() && v <= std::numeric_limits<P>::max() / 2;
}

template <class P>
void expect_close() {
  constexpr long double kUnit = std::numeric_limits<P>::epsilon() / 2;
  for_numbers<P>([&](P x, double p) {
    const long double right_root = std::pow((long double)(x), 1 / (long double)(p));
    if (normal<P>(right_root)) {
      ASSERT_LE(std::fabs(root(x, p) - right_root), 3 * kUnit * right_root) << x << ' ' << p;
    }
    // An error of a power is divided by p in the root.
    const long double right_power = std::pow((long double)(x), (long double)(p));
    if (normal<P>(right_power)) {
      ASSERT_LE(std::fabs(abs_power(x, p) - right_power),
                3 * kUnit * right_power * std::max(1.0, p))
          << x << ' ' << p;
    }
  });
}

TEST(Powers, f32) { expect_close<float>(); }
TEST(Powers, f64) { expect_close<double>(); }

TEST(Powers, of_zero_and_infinity) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  for (const double p : kNorms) {
    EXPECT_EQ(root(0.0, p), 0);
    EXPECT_EQ(root(kInf, p), kInf);
    EXPECT_EQ(abs_power(0.0, p), 0);
    EXPECT_EQ(abs_power(-kInf, p), kInf);
    EXPECT_TRUE(std::isnan(root(std::nan(""), p)));
    EXPECT_TRUE(std::isnan(abs_power(std::nan(""), p)));
  }
}

}  // namespace
}  // namespace poolbench
