#include "host/fill.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <set>

#include "host/fuzz.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr DType kFloats[] = {DType::kF64, DType::kF32, DType::kF16, DType::kBF16};
constexpr DType kIntegers[] = {DType::kI8, DType::kU8, DType::kI32, DType::kI16, DType::kI64};

// 5 planes of 64 x 64
Problem plane_problem(DType dtype, Layout layout = Layout::kChannelsFirst) {
  return parse_problem("max/sliding/src:1x5x64x64/k:2x2", {dtype, layout});
}

std::vector<double> values(DType dtype, FillKind kind, uint64_t seed = 1) {
  return decoded(dtype, filled(plane_problem(dtype), kind, seed));
}

double share(const std::vector<double>& values, const std::function<bool(double)>& is) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), is)) /
         static_cast<double>(values.size());
}

struct Range {
  double low, high;
};
Range integer_range(DType dtype) {
  if (dtype == DType::kI8) return {-128, 127};
  if (dtype == DType::kU8) return {0, 255};
  if (dtype == DType::kI16) return {-32768, 32767};
  if (dtype == DType::kI64) return {-0x1p63, 0x1p63};  // in double
  return {-2147483648.0, 2147483647.0};
}

TEST(Fill, names_go_both_ways) {
  EXPECT_EQ(fill_kinds().size(), 15u);
  for (const FillInfo& info : fill_kinds()) {
    EXPECT_EQ(parse_fill(info.name), info.kind);
    EXPECT_EQ(fill_name(info.kind), info.name);
  }
  try {
    parse_fill("gauss");
    FAIL();
  } catch (const BadInput& error) {
    const std::string message = error.what();
    for (const char* word : {"fill", "'gauss'", "integers", "cancel"})
      EXPECT_NE(message.find(word), std::string::npos) << message;
  }
  EXPECT_THROW(parse_fill(""), BadInput);
}

TEST(Fill, depends_on_kind_and_seed_alone) {
  for (const DType dtype : {DType::kF32, DType::kI8}) {
    const Problem problem = plane_problem(dtype);
    for (const FillInfo& info : fill_kinds()) {
      SCOPED_TRACE(std::string(info.name));
      EXPECT_EQ(filled(problem, info.kind, 7), filled(problem, info.kind, 7));
      if (info.kind != FillKind::kPosition && info.kind != FillKind::kSteady) {
        EXPECT_NE(filled(problem, info.kind, 7), filled(problem, info.kind, 8));
      }
      for (const FillInfo& other : fill_kinds())
        EXPECT_TRUE(dtype != DType::kF32 || other.kind == info.kind ||
                    filled(problem, info.kind, 7) != filled(problem, other.kind, 7))
            << other.name;
    }
  }
}

// A record's `--fill KIND --seed N` must mean the same input in every later version.
TEST(Fill, first_values_are_pinned) {
  const auto first = [](DType dtype, FillKind kind) {
    std::vector<double> all = values(dtype, kind, 42);
    all.resize(6);
    return all;
  };
  using Values = std::vector<double>;
  EXPECT_EQ(first(DType::kF32, FillKind::kIntegers), (Values{2, 6, -5, 3, -4, -8}));
  Values uniform = first(DType::kF64, FillKind::kUniform);
  for (double& x : uniform) x = std::round(x * 1e6);
  EXPECT_EQ(uniform, (Values{-864176, 710205, -517152, 805968, -842074, -767234}));
  EXPECT_EQ(first(DType::kI8, FillKind::kUniform), (Values{67, 47, 19, 106, 32, -84}));
  EXPECT_EQ(first(DType::kU8, FillKind::kPosition), (Values{0, 1, 2, 3, 4, 5}));
}

TEST(Fill, same_values_whatever_the_layout) {
  for (uint64_t i = 0; i < 300; ++i) {
    const FuzzCase c = fuzz_case(6, i);
    const Problem first = c.problem.with([](Description& d) { d.layout = Layout::kChannelsFirst; });
    const Problem last = c.problem.with([](Description& d) { d.layout = Layout::kChannelsLast; });
    const auto a = filled(first, c.fill, c.fill_seed), b = filled(last, c.fill, c.fill_seed);
    const int64_t size = first.src()[0] * first.src()[1] * first.src()[2];
    const int64_t bytes = dtype_bytes(first.dtype());
    for (int64_t plane = 0; plane < first.planes(); ++plane)
      for (int64_t x = 0; x < size; ++x) {
        const int64_t n = plane / first.c(), channel = plane % first.c();
        const int64_t at = (n * size + x) * first.c() + channel;
        ASSERT_EQ(std::memcmp(&a[(plane * size + x) * bytes], &b[at * bytes], bytes), 0)
            << first << " --fill " << fill_name(c.fill);
      }
  }
}

TEST(Fill, same_values_whatever_the_threads) {
  const int threads = omp_get_max_threads();
  for (const FillInfo& info : fill_kinds())
    for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
      // large enough to be dealt out
      const auto problem =
          parse_problem("max/sliding/src:1x5x128x128/k:2x2", {DType::kF32, layout});
      omp_set_num_threads(1);
      const auto alone = filled(problem, info.kind, 3);
      for (const int team : {2, 5}) {
        omp_set_num_threads(team);
        EXPECT_EQ(filled(problem, info.kind, 3), alone) << info.name << ", " << team;
      }
    }
  omp_set_num_threads(threads);
}

TEST(Fill, more_images_do_not_change_the_first) {
  const Problem problem = plane_problem(DType::kF32);
  const auto one = filled(problem, FillKind::kUniform, 3);
  auto two = filled(problem.with([](Description& d) { d.n = 2; }), FillKind::kUniform, 3);
  EXPECT_NE(std::memcmp(two.data(), two.data() + one.size(), one.size()), 0);
  two.resize(one.size());
  EXPECT_EQ(two, one);
}

TEST(Integers, all_of_the_range_and_nothing_else) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kIntegers);
    EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 17u);
    EXPECT_EQ(*std::min_element(all.begin(), all.end()), -8);
    EXPECT_EQ(*std::max_element(all.begin(), all.end()), 8);
    EXPECT_EQ(share(all, [](double x) { return x == std::floor(x); }), 1);
  }
  for (const DType dtype : kIntegers) {
    const auto all = values(dtype, FillKind::kIntegers);
    EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 17u);
    EXPECT_EQ(*std::min_element(all.begin(), all.end()), dtype == DType::kU8 ? 0 : -8);
  }
}

TEST(Position, shows_the_place_in_the_plane) {
  const struct {
    DType dtype;
    int64_t modulus, low;
  } rows[] = {{DType::kF64, 1 << 30, 0},
              {DType::kF32, 1 << 24, 0},
              {DType::kF16, 2048, 0},
              {DType::kBF16, 256, 0},
              {DType::kI8, 256, -128},
              {DType::kU8, 256, 0},
              {DType::kI32, int64_t{1} << 32, -2147483648},
              {DType::kI16, 1 << 16, -32768},
              {DType::kI64, int64_t{1} << 62, std::numeric_limits<int64_t>::min()}};
  for (const auto& row : rows) {
    const auto all = values(row.dtype, FillKind::kPosition);
    for (size_t i = 0; i < all.size(); ++i)
      ASSERT_EQ(all[i], static_cast<double>(row.low + static_cast<int64_t>(i % 4096) % row.modulus))
          << token(row.dtype);
  }
}

TEST(Negative, is_below_what_padding_would_be) {
  for (const DType dtype : kFloats)
    EXPECT_EQ(share(values(dtype, FillKind::kNegative), [](double x) { return x <= -1; }), 1);
  EXPECT_EQ(share(values(DType::kI8, FillKind::kNegative), [](double x) { return x < 0; }), 1);
  for (const DType dtype : {DType::kI32, DType::kI16, DType::kI64})
    EXPECT_EQ(share(values(dtype, FillKind::kNegative), [](double x) { return x < 0; }), 1);
  EXPECT_EQ(share(values(DType::kU8, FillKind::kNegative), [](double x) { return x < 16; }), 1);
}

TEST(Ties, two_values_about_as_often) {
  for (int i = 0; i < kTypeCount; ++i) {
    const auto all = values(DType(i), FillKind::kTies);
    EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 2u);
    EXPECT_NEAR(share(all, [&](double x) { return x == all[0]; }), 0.5, 0.05);
  }
}

TEST(Uniform, between_minus_one_and_one_and_not_exact) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kUniform);
    EXPECT_EQ(share(all, [](double x) { return x >= -1 && x <= 1; }), 1);
    EXPECT_NEAR(share(all, [](double x) { return x < 0; }), 0.5, 0.05);
    EXPECT_NEAR(share(all, [](double x) { return std::fabs(x) < 0.5; }), 0.5, 0.05);
    EXPECT_GT(std::set<double>(all.begin(), all.end()).size(),
              dtype == DType::kBF16 ? 500u : 4000u);
  }
  for (const DType dtype : {DType::kI8, DType::kU8}) {
    const auto all = values(dtype, FillKind::kUniform);
    EXPECT_EQ(std::set<double>(all.begin(), all.end()).size(), 256u);
  }
  const auto all = values(DType::kI32, FillKind::kUniform);
  EXPECT_NEAR(share(all, [](double x) { return x < 0; }), 0.5, 0.05);
  EXPECT_GT(share(all, [](double x) { return std::fabs(x) > 0x1p24; }), 0.9);
  const auto widest = values(DType::kI64, FillKind::kUniform);
  EXPECT_NEAR(share(widest, [](double x) { return x < 0; }), 0.5, 0.05);
  EXPECT_GT(share(widest, [](double x) { return std::fabs(x) > 0x1p58; }), 0.9);
}

TEST(Infinite, mostly_minus_infinity) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kInfinite);
    EXPECT_GT(share(all, [](double x) { return x == -HUGE_VAL; }), 0.75);
    EXPECT_GT(share(all, [](double x) { return x == HUGE_VAL; }), 0.03);
    EXPECT_GT(share(all, [](double x) { return std::isfinite(x); }), 0.05);
  }
  for (const DType dtype : kIntegers) {
    const Range range = integer_range(dtype);
    const auto all = values(dtype, FillKind::kInfinite);
    EXPECT_GT(share(all, [&](double x) { return x == range.low; }), 0.75);
    EXPECT_GT(share(all, [&](double x) { return x == range.high; }), 0.03);
  }
}

TEST(Nan, one_in_sixteen) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kNan);
    EXPECT_NEAR(share(all, [](double x) { return std::isnan(x); }), 1. / 16, 0.01);
    EXPECT_EQ(share(all, [](double x) { return std::isinf(x); }), 0);
  }
}

TEST(Denormal, subnormal_in_the_type_and_of_both_signs) {
  const double smallest_normal[] = {0x1p-1022, 0x1p-126, 0x1p-14, 0x1p-126};
  for (const DType dtype : kFloats) {
    const double normal = smallest_normal[static_cast<int>(dtype)];
    const auto all = values(dtype, FillKind::kDenormal);
    EXPECT_EQ(share(all, [&](double x) { return std::fabs(x) < normal; }), 1);
    EXPECT_GT(share(all, [](double x) { return x > 0; }), 0.4);
    EXPECT_GT(share(all, [](double x) { return x < 0; }), 0.4);
  }
}

TEST(Extreme, ends_of_the_type) {
  const double max[] = {std::numeric_limits<double>::max(), std::numeric_limits<float>::max(),
                        65504, 0x1.fep127};
  const double smallest_normal[] = {0x1p-1022, 0x1p-126, 0x1p-14, 0x1p-126};
  for (const DType dtype : kFloats) {
    const int i = static_cast<int>(dtype);
    const auto all = values(dtype, FillKind::kExtreme);
    const auto large = [&](double x) { return std::fabs(x) >= max[i] / 2; };
    EXPECT_NEAR(share(all, large), 0.5, 0.05);
    EXPECT_EQ(share(all, [&](double x) { return large(x) || std::fabs(x) == smallest_normal[i]; }),
              1);
    EXPECT_EQ(share(all, [](double x) { return std::isfinite(x); }), 1);
    EXPECT_NEAR(share(all, [](double x) { return x < 0; }), 0.5, 0.05);
  }
  for (const DType dtype : kIntegers) {
    const Range range = integer_range(dtype);
    const auto all = values(dtype, FillKind::kExtreme);
    EXPECT_NEAR(share(all, [&](double x) { return x == range.low; }), 0.5, 0.05);
    EXPECT_NEAR(share(all, [&](double x) { return x == range.high; }), 0.5, 0.05);
  }
}

TEST(Cancel, large_and_nearly_opposite) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kCancel);
    const double unit = dtype == DType::kBF16 ? 4 : 1;
    EXPECT_EQ(share(all, [&](double x) { return std::fabs(std::fabs(x) - 1000) <= unit; }), 1);
    EXPECT_NEAR(share(all, [](double x) { return x < 0; }), 0.5, 0.05);
  }
  for (const DType dtype : kIntegers) {
    const Range range = integer_range(dtype);
    const auto all = values(dtype, FillKind::kCancel);
    EXPECT_EQ(share(all, [&](double x) { return x <= range.low + 16 || x >= range.high - 16; }), 1);
    EXPECT_NEAR(share(all, [&](double x) { return x >= range.high - 16; }), 0.5, 0.05);
  }
}

TEST(Steady, one_value_that_no_sum_of_floats_holds) {
  for (const DType dtype : kFloats) {
    const double tenth = decoded(dtype, encoded(dtype, {0.1}))[0];
    EXPECT_EQ(share(values(dtype, FillKind::kSteady), [&](double x) { return x == tenth; }), 1);
  }
  for (const DType dtype : kIntegers) {
    const double high = integer_range(dtype).high;
    EXPECT_EQ(share(values(dtype, FillKind::kSteady), [&](double x) { return x == high; }), 1);
  }
}

TEST(Constant, one_number_a_plane_whose_sums_are_exact) {
  for (int i = 0; i < 7; ++i) {
    const auto all = values(DType(i), FillKind::kConstant);
    for (size_t at = 0; at < all.size(); ++at) {
      ASSERT_EQ(all[at], all[at / 4096 * 4096]) << token(DType(i));
      ASSERT_EQ(all[at] * 16, std::rint(all[at] * 16));
      ASSERT_LE(std::fabs(all[at]), 128);
    }
    EXPECT_GT(std::set<double>(all.begin(), all.end()).size(), 1u);
  }
}

TEST(Zeros, of_both_signs) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kZeros);
    EXPECT_NEAR(share(all, [](double x) { return x == 0; }), 15. / 16, 0.02);
    EXPECT_NEAR(share(all, [](double x) { return std::signbit(x); }), 0.5, 0.05);
    EXPECT_EQ(share(all, [](double x) { return x == 0 || std::fabs(x) == 1; }), 1);
  }
}

TEST(Special, every_value_that_is_treated_apart) {
  for (const DType dtype : kFloats) {
    const auto all = values(dtype, FillKind::kSpecial);
    const double smallest_normal = dtype == DType::kF16   ? 0x1p-14
                                   : dtype == DType::kF64 ? 0x1p-1022
                                                          : 0x1p-126;
    double highest = 0;
    for (const double x : all)
      if (std::isfinite(x)) highest = std::max(highest, x);
    EXPECT_GT(highest, 60000) << token(dtype);
    const std::function<bool(double)> kinds[] = {
        [](double x) { return std::isnan(x); },
        [](double x) { return x == INFINITY; },
        [](double x) { return x == -INFINITY; },
        [](double x) { return x == 0 && std::signbit(x); },
        [](double x) { return x == 0 && !std::signbit(x); },
        [&](double x) { return x > 0 && x < smallest_normal; },
        [&](double x) { return x == highest; },
        [&](double x) { return x == -highest; }};
    for (const auto& is : kinds) EXPECT_NEAR(share(all, is), 1. / 32, 0.01) << token(dtype);
    EXPECT_NEAR(share(all, [](double x) { return x != 0 && std::fabs(x) < 1; }), 0.78, 0.03);
  }
  for (const DType dtype : kIntegers) {
    const Range range = integer_range(dtype);
    const auto all = values(dtype, FillKind::kSpecial);
    const double low = range.low == 0 ? 0.5 : 0.25;  // 0 is a value of its own
    EXPECT_NEAR(share(all, [&](double x) { return x == range.low; }), low, 0.03);
    EXPECT_NEAR(share(all, [&](double x) { return x == range.high; }), 0.25, 0.03);
  }
}

// Over seeds the one element of a plane is everywhere, and everything.
TEST(Lone, one_special_value_a_plane) {
  for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
    const auto problem = parse_problem("max/sliding/src:2x3x2x5/k:2x2", {DType::kF32, layout});
    const auto is_special = [](double x) { return !(std::fabs(x) < 1 && std::fabs(x) > 1e-30); };
    std::set<size_t> places;
    bool nan = false, infinite = false;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      const auto all = decoded(DType::kF32, filled(problem, FillKind::kLone, seed));
      EXPECT_EQ(std::count_if(all.begin(), all.end(), is_special), 6) << seed;
      for (size_t at = 0; at < all.size(); ++at) {
        if (is_special(all[at])) places.insert(at);
        nan |= std::isnan(all[at]), infinite |= std::isinf(all[at]);
      }
    }
    EXPECT_EQ(places.size(), 60u);
    EXPECT_TRUE(nan && infinite);
  }
}

}  // namespace
}  // namespace poolbench
