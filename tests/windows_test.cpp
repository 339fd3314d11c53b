#include "host/windows.h"

#include <cmath>

#include "host/fuzz.h"
#include "host/lower.h"
#include "kernels/axes.h"
#include "tests/support.h"

namespace poolbench {

inline bool operator==(const Window& a, const Window& b) {
  return a.begin == b.begin && a.end == b.end && a.count == b.count;
}
inline std::ostream& operator<<(std::ostream& out, const Window& w) {
  return out << '[' << w.begin << ", " << w.end << ") count " << w.count;
}

namespace {

using Windows = std::vector<Window>;

Windows table(const std::string& line, int axis = 2, int64_t plane = 0) {
  return windows(parse_problem(line), axis, plane);
}

// Lists the taps of an output from the definition, and counts for the divisor.
Window window_slowly(const Problem& problem, int axis, int64_t o) {
  const PoolSpec& spec = problem.spec();
  const int64_t n = problem.src()[axis],
                start = o * spec.stride[axis] - problem.padding().begin[axis];
  Window window = {0, 0, 0};
  for (int64_t j = 0; j < spec.kernel[axis]; ++j) {
    const int64_t x = start + j * spec.dilation[axis];
    const bool inside = x >= 0 && x < n;
    if (inside && window.end == 0) window.begin = x;
    if (inside) window.end = x + 1;
    const bool padded = x < n + problem.padding().end[axis];
    window.count += spec.reduction == Reduction::kAvgIncludePad ? padded : inside;
  }
  return window;
}

TEST(Sliding, taps_and_counts_as_defined_for_random_problems) {
  int checked = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    const Problem problem = fuzz_case(2, i).problem;
    if (problem.spec().windowing != Windowing::kSliding) continue;
    for (int axis = problem.first_axis(); axis < 3; ++axis) {
      const Windows rows = windows(problem, axis);
      ASSERT_EQ(rows.size(), static_cast<size_t>(problem.dst()[axis]));
      for (size_t o = 0; o < rows.size(); ++o, ++checked)
        ASSERT_EQ(rows[o], window_slowly(problem, axis, static_cast<int64_t>(o)))
            << problem << " axis " << axis << " output " << o;
    }
  }
  EXPECT_GT(checked, 100'000);
}

TEST(Sliding, kernels_arithmetic_is_the_table) {
  int checked = 0;
  for (uint64_t i = 0; i < 20'000; ++i) {
    const Problem problem = fuzz_case(3, i).problem;
    const auto windowing = problem.spec().windowing;
    if (windowing != Windowing::kSliding && windowing != Windowing::kGlobal) continue;
    const Shapes args = problem.shapes();
    const bool include_pad = problem.spec().reduction == Reduction::kAvgIncludePad;
    for (int axis = 0; axis < 3; ++axis) {
      const Windows rows = windows(problem, axis);
      for (size_t o = 0; o < rows.size(); ++o, ++checked)
        ASSERT_EQ(sliding_window(args.axis[axis], static_cast<int64_t>(o), include_pad), rows[o])
            << problem << " axis " << axis << " output " << o;
    }
  }
  EXPECT_GT(checked, 100'000);
}

TEST(Sliding, divisors_of_the_ceil_example) {
  const std::string line = "_pad/sliding/f32/nchw/src:1x1x6/k:3/s:2/p:1/ceil";
  EXPECT_EQ(table("avg_include" + line), (Windows{{0, 2, 3}, {1, 4, 3}, {3, 6, 3}, {5, 6, 2}}));
  EXPECT_EQ(table("avg_exclude" + line), (Windows{{0, 2, 2}, {1, 4, 3}, {3, 6, 3}, {5, 6, 1}}));
}

TEST(Sliding, pad_only_end_counts_it) {
  EXPECT_EQ(table("avg_include_pad/sliding/f32/nchw/src:1x1x5/k:3/s:2/p:0-2"),
            (Windows{{0, 3, 3}, {2, 5, 3}, {4, 5, 3}}));
}

TEST(Sliding, same_upper_and_lower_with_an_odd_total) {
  const std::string line = "max/sliding/f32/nchw/src:1x1x6/k:3/s:2/";
  EXPECT_EQ(table(line + "same_upper"), (Windows{{0, 3, 3}, {2, 5, 3}, {4, 6, 2}}));
  EXPECT_EQ(table(line + "same_lower"), (Windows{{0, 2, 2}, {1, 4, 3}, {3, 6, 3}}));
}

TEST(Sliding, dilated_taps_begin_and_end_on_taps) {
  // Taps -1, 2, 5 | 1, 4, 7 | 3, 6, 9 of an input 8 long
  EXPECT_EQ(table("max/sliding/f32/nchw/src:1x1x8/k:3/s:2/p:1-2/d:3"),
            (Windows{{2, 6, 2}, {1, 8, 3}, {3, 7, 2}}));
}

TEST(Sliding, window_without_a_tap) {
  EXPECT_EQ(table("max/sliding/f32/nchw/src:1x1x1/k:2/s:1/p:1/d:2"), (Windows{{0, 0, 0}}));
  EXPECT_EQ(table("avg_include_pad/sliding/f32/nchw/src:1x1x1/k:2/s:1/p:1/d:2"),
            (Windows{{0, 0, 2}}));
}

// With padding of at most half a kernel, only dilated windows can be without a tap.
TEST(Sliding, no_empty_window_without_dilation) {
  int64_t dilated_empty = 0;
  for (int64_t n = 1; n < 12; ++n)
    for (int64_t k = 1; k < 8; ++k)
      for (int64_t s = 1; s < 8; ++s)
        for (int64_t d = 1; d < 4; ++d)
          for (int64_t p = 0; p <= k / 2; ++p)
            for (const char* mode : {"", "/ceil"}) {
              Problem problem;
              try {
                problem = parse_problem(fmt::format(
                    "max/sliding/f32/nchw/src:1x1x{}/k:{}/s:{}/p:{}/d:{}{}", n, k, s, p, d, mode));
              } catch (const BadInput&) {
                continue;
              }
              for (const Window& w : windows(problem, 2)) {
                ASSERT_TRUE(d > 1 || w.begin < w.end) << problem;
                dilated_empty += w.begin == w.end;
              }
            }
  EXPECT_GT(dilated_empty, 0);
}

TEST(Adaptive, golden_windows) {
  const struct {
    int64_t n, o;
    Windows rows;
  } goldens[] = {
      {4, 3, {{0, 2, 2}, {1, 3, 2}, {2, 4, 2}}},
      {7, 3, {{0, 3, 3}, {2, 5, 3}, {4, 7, 3}}},
      {10, 4, {{0, 3, 3}, {2, 5, 3}, {5, 8, 3}, {7, 10, 3}}},
      {10, 7, {{0, 2, 2}, {1, 3, 2}, {2, 5, 3}, {4, 6, 2}, {5, 8, 3}, {7, 9, 2}, {8, 10, 2}}},
      {5,
       8,
       {{0, 1, 1}, {0, 2, 2}, {1, 2, 1}, {1, 3, 2}, {2, 4, 2}, {3, 4, 1}, {3, 5, 2}, {4, 5, 1}}},
      {9, 1, {{0, 9, 9}}},
      {1, 3, {{0, 1, 1}, {0, 1, 1}, {0, 1, 1}}},
  };
  for (const auto& golden : goldens)
    EXPECT_EQ(table(fmt::format("max/adaptive/f32/nchw/src:1x1x{}/out:{}", golden.n, golden.o)),
              golden.rows)
        << golden.n << " to " << golden.o;
}

void expect_adaptive_as_defined(int64_t n, int64_t o) {
  const Windows rows = table(fmt::format("max/adaptive/f32/nchw/src:1x1x{}/out:{}", n, o));
  ASSERT_EQ(rows.size(), static_cast<size_t>(o));
  for (int64_t i = 0; i < o; ++i) {
    const auto begin = static_cast<int64_t>(__int128{i} * n / o);
    const auto end = static_cast<int64_t>((__int128{i + 1} * n + o - 1) / o);
    ASSERT_EQ(rows[i], (Window{begin, end, end - begin})) << n << " to " << o << " output " << i;
  }
  ASSERT_EQ(rows.front().begin, 0);
  ASSERT_EQ(rows.back().end, n);
}

TEST(Adaptive, as_defined_for_all_small_sizes) {
  for (int64_t n = 1; n <= 40; ++n)
    for (int64_t o = 1; o <= 50; ++o) expect_adaptive_as_defined(n, o);
}

TEST(Adaptive, sizes_where_single_precision_is_wrong) {
  const Windows rows = table("max/adaptive/f32/nchw/src:1x1x40961/out:4096");
  EXPECT_EQ(rows[4095].begin, 40950);
  EXPECT_EQ(rows[4095].end, 40961);
  for (const int64_t o : {4096, 40960, 40961, 3}) expect_adaptive_as_defined(40961, o);
  for (const int64_t o : {1, 2, 3, 4096, 65537}) expect_adaptive_as_defined(16'777'217, o);
}

TEST(Adaptive, products_beyond_64_bits) {
  for (const int64_t o : {int64_t{3}, int64_t{7}, int64_t{4096}})
    expect_adaptive_as_defined((int64_t{1} << 55) + 12'345, o);
}

TEST(Global, one_window_over_everything) {
  const std::string line = "avg_include_pad/global/f32/nchw/src:1x1x4x5x6";
  EXPECT_EQ(table(line, 0), (Windows{{0, 4, 4}}));
  EXPECT_EQ(table(line, 1), (Windows{{0, 5, 5}}));
  EXPECT_EQ(table(line, 2), (Windows{{0, 6, 6}}));
}

TEST(UnusedAxes, have_one_window_of_one_tap) {
  for (const char* line : {"avg_include_pad/sliding/f32/nchw/src:1x1x9/k:3/p:1",
                           "max/adaptive/f32/nchw/src:1x1x9/out:4", "max/global/f32/nchw/src:1x1x9",
                           "max/fractional/f32/nchw/src:1x1x9/k:2/out:4"})
    for (int axis = 0; axis < 2; ++axis) EXPECT_EQ(table(line, axis), (Windows{{0, 1, 1}})) << line;
}

TEST(Fractional, samples_of_the_textbook) {
  const std::string line = "max/fractional/f32/nchw/src:1x1x7x7/k:2x2/out:3x3/samples:0.3x0.1";
  EXPECT_EQ(table(line, 1), (Windows{{0, 2, 2}, {3, 5, 2}, {5, 7, 2}}));
  EXPECT_EQ(table(line, 2), (Windows{{0, 2, 2}, {2, 4, 2}, {5, 7, 2}}));
}

// n 7, k 2, o 3: the second window begins at 2 for u in [0, .2), [.4, .6), [.8, 1), else at 3.
TEST(Fractional, second_window_by_sample) {
  for (int i = 0; i < 1000; ++i) {
    const double u = (i + 0.5) / 1000;
    const bool at_two = u < 0.2 || (u > 0.4 && u < 0.6) || u > 0.8;
    const Windows rows =
        table(fmt::format("max/fractional/f32/nchw/src:1x1x7/k:2/out:3/samples:{}", u));
    ASSERT_EQ(rows[0].begin, 0) << u;
    ASSERT_EQ(rows[1].begin, at_two ? 2 : 3) << u;
    ASSERT_EQ(rows[2].begin, 5) << u;
  }
}

TEST(Fractional, double_decides_where_single_precision_differs) {
  const Windows rows =
      table("max/fractional/f32/nchw/src:1x1x297/k:2/out:232/samples:0.06438779830932617");
  EXPECT_EQ(rows[191].begin, 243);  // 244 in single precision
  const float alpha = 295.f / 231.f, u = 0.06438779830932617f;
  EXPECT_EQ(static_cast<int>((191 + u) * alpha) - static_cast<int>(u * alpha), 244);
}

// The step between windows must be computed in f64: multiples of 10 / 3 fall on whole numbers.
TEST(Fractional, step_is_a_double) {
  const auto begins = [](const char* u) {
    std::vector<int64_t> begins;
    for (const Window& w :
         table(fmt::format("max/fractional/f32/nchw/src:1x1x12/k:2/out:4/samples:{}", u)))
      begins.push_back(w.begin);
    return begins;
  };
  EXPECT_EQ(begins("0.5"), (std::vector<int64_t>{0, 4, 7, 10}));  // 0, 3, ... in single precision
  EXPECT_EQ(begins("0.1"), (std::vector<int64_t>{0, 3, 7, 10}));  // 0, 3, 6, ...
}

TEST(Fractional, ends_of_the_size_range) {
  // one output: from n - k, whatever the sample
  EXPECT_EQ(table("max/fractional/f32/nchw/src:1x1x9/k:3/out:1/samples:0.9"), (Windows{{6, 9, 3}}));
  // o + k - 1 = n: every window is there, whatever the sample
  for (const char* u : {"0", "0.5", "0.9999999"}) {
    const Windows rows =
        table(fmt::format("max/fractional/f32/nchw/src:1x1x7/k:2/out:6/samples:{}", u));
    for (int64_t o = 0; o < 6; ++o) EXPECT_EQ(rows[o], (Window{o, o + 2, 2})) << u;
  }
}

TEST(Fractional, windows_stay_inside_and_never_go_back) {
  for (uint64_t i = 0; i < 20'000; ++i) {
    const Problem problem = fuzz_case(4, i).problem;
    if (problem.spec().windowing != Windowing::kFractional || problem.dst_count() == 0) continue;
    const int64_t plane = static_cast<int64_t>(splitmix64(9, i)) & 0xff;
    for (int axis = problem.first_axis(); axis < 3; ++axis) {
      const int64_t k = problem.spec().kernel[axis], n = problem.src()[axis];
      const Windows rows = windows(problem, axis, plane % problem.planes());
      int64_t last = 0;
      for (const Window& w : rows) {
        ASSERT_GE(w.begin, last) << problem;
        ASSERT_EQ(w.end, w.begin + k) << problem;
        ASSERT_EQ(w.count, k) << problem;
        last = w.begin;
      }
      ASSERT_EQ(rows.back().end, n) << problem;
    }
  }
}

TEST(Sample, given_for_all_planes_or_plane_by_plane) {
  const Problem problem =
      parse_problem("max/fractional/f32/nchw/src:2x3x9x9/k:2/out:3/samples:0.25x0.75");
  const Problem by_plane = problem.with([](Description& d) {
    d.spec.samples.clear();
    for (int i = 0; i < 12; ++i) d.spec.samples.push_back(i / 16.0);
  });
  for (int64_t plane = 0; plane < 6; ++plane) {
    EXPECT_EQ(sample(problem, plane, 1), 0.25);
    EXPECT_EQ(sample(problem, plane, 2), 0.75);
    EXPECT_EQ(sample(by_plane, plane, 1), static_cast<double>(2 * plane) / 16);
    EXPECT_EQ(sample(by_plane, plane, 2), static_cast<double>(2 * plane + 1) / 16);
  }
}

// Published outputs of splitmix64.
TEST(Sample, generator_is_splitmix64) {
  EXPECT_EQ(splitmix64(0, 0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(splitmix64(0, 1), 0x6e789e6aa1b965f4u);
  EXPECT_EQ(splitmix64(0, 2), 0x06c45d188009454fu);
  EXPECT_EQ(splitmix64(1'234'567, 0), 6457827717110365317u);
  EXPECT_EQ(splitmix64(1'234'567, 1), 3203168211198807973u);
}

TEST(Sample, drawn_from_the_seed_in_plane_then_axis_order) {
  const auto problem =
      parse_problem("max/fractional/f32/nchw/src:2x3x9x9x9/k:2/out:3/seed:1234567");
  for (uint64_t plane = 0; plane < 6; ++plane)
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_EQ(
          sample(problem, static_cast<int64_t>(plane), axis),
          std::ldexp(static_cast<double>(
                         splitmix64(1'234'567, plane * 3 + static_cast<uint64_t>(axis)) >> 11),
                     -53));
  const auto flat = parse_problem("max/fractional/f32/nchw/src:2x3x9/k:2/out:3/seed:1234567");
  EXPECT_EQ(sample(flat, 1, 2), sample(problem, 0, 1));
}

}  // namespace
}  // namespace poolbench
