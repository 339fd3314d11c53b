#include "host/problem.h"

#include <cmath>
#include <limits>

#include "host/fuzz.h"
#include "host/windows.h"
#include "tests/support.h"

namespace poolbench {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

Description sliding_axis(int64_t n, int64_t k, int64_t s, int64_t p, int64_t d, bool ceil_mode) {
  Description problem;
  problem.rank = 1;
  problem.src = {1, 1, n};
  problem.spec.kernel[2] = k;
  problem.spec.stride[2] = s;
  problem.spec.pad_begin[2] = problem.spec.pad_end[2] = p;
  problem.spec.dilation[2] = d;
  problem.spec.ceil_mode = ceil_mode;
  return problem;
}

std::string axis_text(const Problem& problem) {
  const Extents out = problem.dst();
  return fmt::format("{}", fmt::join(out.end() - problem.rank(), out.end(), "x"));
}

TEST(Text, round_trips_20000_random_problems) {
  for (uint64_t i = 0; i < 20'000; ++i) {
    const Problem problem = fuzz_case(1, i).problem;
    const std::string text = to_text(problem);
    SCOPED_TRACE(text);
    const Problem again = parse_problem(text);
    ASSERT_EQ(again, problem);
    ASSERT_EQ(to_text(again), text);
    ASSERT_EQ(Problem(again.description()), again);
  }
}

TEST(Text, round_trips_numbers_of_every_size) {
  for (uint64_t i = 0; i < 20'000; ++i) {
    const auto bits = [&](uint64_t stream) { return splitmix64(stream, i); };
    const auto norm = bit_cast<double>(bits(1) >> 1);
    const Problem lp =
        parse_problem("lp/sliding/f32/nchw/src:1x2x9x9/k:2x3/norm:2").with([&](Description& d) {
          d.spec.norm = norm > 0 ? norm : INFINITY;  // NaN and 0 aside
        });
    ASSERT_EQ(parse_problem(to_text(lp)), lp) << lp;

    const int64_t divisor = static_cast<int64_t>(bits(2)) >> bits(3) % 63;
    const Problem average =
        parse_problem("avg_include_pad/sliding/f32/nchw/src:1x2x9x9/k:2x3")
            .with([&](Description& d) { d.spec.divisor = divisor != 0 ? divisor : -1; });
    ASSERT_EQ(parse_problem(to_text(average)), average) << average;

    const Problem fractional =
        parse_problem("max/fractional/f32/nchw/src:1x2x9x9x9/k:2/out:4").with([&](Description& d) {
          if (bits(4) % 2 != 0) {
            d.spec.seed = bits(5) >> bits(6) % 64;
          } else {
            for (uint64_t axis = 0; axis < 3; ++axis)
              d.spec.samples.push_back(static_cast<double>(bits(7 + axis) >> 11) *
                                       std::pow(2.0, -53.0 - static_cast<double>(bits(6) % 3)));
          }
        });
    ASSERT_EQ(parse_problem(to_text(fractional)), fractional) << fractional;
  }
}

TEST(Text, examples_print_as_they_are_written) {
  for (const char* text : {
           "max/sliding/f32/nchw/src:32x64x112x112/k:3x3/s:2x2/p:1x1",
           "avg_exclude_pad/sliding/f16/nhwc/src:8x256x35x35/k:3x3/s:1x1/p:1x1-0x0/ceil",
           "max/sliding/f32/nchw/src:1x16x64x64/k:3x3/s:2x2/d:2x2/idx",
           "lp/global/f32/nchw/src:1x2048x7x7/norm:3",
           "lp/sliding/f32/nchw/src:1x8x64x64/k:2x2/norm:2/mean",
           "max/fractional/f32/nchw/src:4x16x25x25/k:2x2/out:15x15/seed:7",
           "max/fractional/f32/nchw/src:4x16x25x25/k:2x2/out:15x15/samples:0.3x0.1/idx",
           "avg_include_pad/adaptive/bf16/nhwc/src:1x2048x60x60/out:6x6",
           "avg_include_pad/sliding/i8/nchw/src:1x8x16x56x56/k:2x2x2",
           "avg_include_pad/sliding/u8/nchw/src:0x8x16/k:2/p:1-0/div:-3",
           "max/sliding/i32/nhwc/src:1x1x9/k:2/s:1/same_lower/d:3",
           "min/sliding/i16/nchw/src:1x1x9/k:2/s:1",
           "max/global/i64/nhwc/src:1x1x9/idx",
           "lp/sliding/f64/nchw/src:1x8x64x64/k:2x2/norm:inf",
       })
    EXPECT_EQ(to_text(parse_problem(text)), text);
}

TEST(Text, equal_problems_have_one_form) {
  const struct {
    const char *written, *printed;
  } rows[] = {
      // one number stands for every axis
      {"max/sliding/f32/nchw/src:1x1x9x9/k:3/s:2/p:1/d:1",
       "max/sliding/f32/nchw/src:1x1x9x9/k:3x3/s:2x2/p:1x1"},
      {"max/adaptive/f32/nchw/src:1x1x9x9x9/out:2",
       "max/adaptive/f32/nchw/src:1x1x9x9x9/out:2x2x2"},
      // `-` keeps an axis
      {"max/adaptive/f32/nchw/src:1x1x9x8x7/out:2x-x3",
       "max/adaptive/f32/nchw/src:1x1x9x8x7/out:2x8x3"},
      {"max/adaptive/f32/nchw/out:-/src:1x1x9x8", "max/adaptive/f32/nchw/src:1x1x9x8/out:9x8"},
      // written defaults are dropped
      {"max/sliding/f32/nchw/src:1x1x9x9/k:3x2/s:3x2/p:0/d:1",
       "max/sliding/f32/nchw/src:1x1x9x9/k:3x2"},
      {"max/sliding/f32/nchw/src:1x1x9x9/k:3x2/valid", "max/sliding/f32/nchw/src:1x1x9x9/k:3x2"},
      {"max/sliding/f32/nchw/src:1x1x9x9/k:3/p:1x1-1x1",
       "max/sliding/f32/nchw/src:1x1x9x9/k:3x3/p:1x1"},
      {"max/fractional/f32/nchw/src:1x1x9x9/k:2/out:3/seed:0",
       "max/fractional/f32/nchw/src:1x1x9x9/k:2x2/out:3x3"},
      // the order of tokens is free behind reduction and windowing
      {"max/sliding/f32/nchw/idx/ceil/s:2/k:3/src:1x1x9",
       "max/sliding/f32/nchw/src:1x1x9/k:3/s:2/ceil/idx"},
      // a dilation without a second tap means nothing
      {"max/sliding/f32/nchw/src:1x1x9x9/k:1x2/d:7x3",
       "max/sliding/f32/nchw/src:1x1x9x9/k:1x2/d:1x3"},
      // both averages are one where padding cannot matter
      {"avg_exclude_pad/global/f32/nchw/src:1x1x9", "avg_include_pad/global/f32/nchw/src:1x1x9"},
      {"avg_exclude_pad/adaptive/f32/nchw/src:1x1x9/out:2",
       "avg_include_pad/adaptive/f32/nchw/src:1x1x9/out:2"},
      {"avg_exclude_pad/fractional/f32/nchw/src:1x1x9/k:2/out:2",
       "avg_include_pad/fractional/f32/nchw/src:1x1x9/k:2/out:2"},
      {"avg_exclude_pad/sliding/f32/nchw/src:1x1x9/k:3/p:1/div:4",
       "avg_include_pad/sliding/f32/nchw/src:1x1x9/k:3/p:1/div:4"},
      // but not where it can
      {"avg_exclude_pad/sliding/f32/nchw/src:1x1x9/k:3/p:1",
       "avg_exclude_pad/sliding/f32/nchw/src:1x1x9/k:3/p:1"},
      // numbers have one spelling
      {"lp/global/f32/nchw/src:1x1x9/norm:2.0", "lp/global/f32/nchw/src:1x1x9/norm:2"},
      {"lp/global/f32/nchw/src:1x1x9/norm:5e-1", "lp/global/f32/nchw/src:1x1x9/norm:0.5"},
      {"lp/global/f32/nchw/src:1x1x9/norm:infinity", "lp/global/f32/nchw/src:1x1x9/norm:inf"},
      {"max/global/f32/nchw/src:01x001x09", "max/global/f32/nchw/src:1x1x9"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(to_text(parse_problem(row.written)), row.printed);
    EXPECT_EQ(parse_problem(row.written), parse_problem(row.printed)) << row.written;
  }
}

TEST(Text, defaults_stand_in_for_type_and_layout) {
  const ProblemDefaults defaults = {DType::kBF16, Layout::kChannelsLast};
  const auto with = [&](const char* text) { return to_text(parse_problem(text, defaults)); };
  EXPECT_EQ(with("max/global/src:1x1x9"), "max/global/bf16/nhwc/src:1x1x9");
  EXPECT_EQ(with("max/global/f64/src:1x1x9"), "max/global/f64/nhwc/src:1x1x9");
  EXPECT_EQ(with("max/global/nchw/src:1x1x9"), "max/global/bf16/nchw/src:1x1x9");
  EXPECT_EQ(with("max/global/u8/nchw/src:1x1x9"), "max/global/u8/nchw/src:1x1x9");
}

TEST(Text, samples_by_plane_are_not_read_back) {
  const Problem problem =
      parse_problem("max/fractional/f32/nchw/src:1x2x9x9/k:2/out:3").with([](Description& d) {
        d.spec.samples = {0.1, 0.2, 0.3, 0.4};
      });
  const std::string text = to_text(problem);
  EXPECT_EQ(text, "max/fractional/f32/nchw/src:1x2x9x9/k:2x2/out:3x3/samples:planes");
  EXPECT_THROW(parse_problem(text), BadInput);
}

TEST(Canonical, drops_what_unused_axes_and_windowings_hold) {
  const Problem plain = parse_problem("max/sliding/f32/nchw/src:1x2x9/k:3/s:2/p:1");
  Description noisy = plain.description();
  noisy.spec.kernel[0] = noisy.spec.stride[1] = noisy.spec.dilation[0] = noisy.spec.out[1] = 5;
  noisy.spec.pad_begin[0] = noisy.spec.pad_end[1] = 2;
  noisy.spec.out[2] = 3;
  noisy.spec.divisor = 4;
  noisy.spec.norm = 3;
  noisy.spec.norm_mean = true;
  noisy.spec.seed = 9;
  noisy.spec.samples = {0.5};
  EXPECT_EQ(Problem(noisy), plain);
  EXPECT_EQ(Problem(noisy).dst(), plain.dst());

  const Problem global = parse_problem("avg_include_pad/global/f32/nchw/src:1x2x9x9");
  Description noisy_global = global.description();
  noisy_global.spec.kernel = {1, 3, 3};
  noisy_global.spec.stride = {1, 2, 2};
  noisy_global.spec.pad_begin = noisy_global.spec.pad_end = {0, 1, 1};
  noisy_global.spec.ceil_mode = true;
  noisy_global.spec.reduction = Reduction::kAvgExcludePad;
  EXPECT_EQ(Problem(noisy_global), global);
}

// host/spec.md, Sizes: the values are those of PyTorch 1.13.1.
TEST(Size, floor_and_ceil_table) {
  const struct {
    int64_t n, k, s, p, d, floor, ceil;
  } rows[] = {
      {4, 3, 2, 0, 1, 1, 2}, {6, 3, 2, 0, 1, 2, 3},     {6, 3, 2, 1, 1, 3, 4},
      {8, 3, 2, 1, 1, 4, 5}, {2, 3, 3, 1, 1, 1, 1},     {2, 1, 2, 0, 1, 1, 1},
      {5, 1, 3, 0, 1, 2, 2}, {17, 2, 2, 1, 1, 9, 9},    {9, 7, 3, 3, 1, 3, 4},
      {7, 2, 3, 0, 1, 2, 3}, {112, 3, 2, 0, 1, 55, 56}, {109, 3, 2, 0, 1, 54, 54},
      {1, 2, 1, 1, 2, 1, 1},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(fmt::format("n {} k {} s {} p {} d {}", r.n, r.k, r.s, r.p, r.d));
    EXPECT_EQ(Problem(sliding_axis(r.n, r.k, r.s, r.p, r.d, false)).dst()[2], r.floor);
    EXPECT_EQ(Problem(sliding_axis(r.n, r.k, r.s, r.p, r.d, true)).dst()[2], r.ceil);
  }
}

// Counts windows one by one: floor mode keeps those that end inside the padded input, ceil mode one
// more where elements are left over and it begins inside the input or the begin padding.
TEST(Size, agrees_with_counting_windows) {
  int64_t checked = 0;
  for (int64_t n = 1; n < 10; ++n)
    for (int64_t k = 1; k < 6; ++k)
      for (int64_t s = 1; s < 6; ++s)
        for (int64_t d = 1; d < 4; ++d)
          for (int64_t begin = 0; begin < (k - 1) * d + 1; ++begin)
            for (int64_t end = 0; end < (k - 1) * d + 1; ++end) {
              const int64_t dilated = (k - 1) * d + 1, padded = n + begin + end;
              int64_t floor = 0, ceil = 0;
              while (floor * s + dilated <= padded) ++floor;
              // One more window where elements are left over, if it begins early enough.
              ceil = floor;
              const bool left_over = (floor - 1) * s + dilated < padded;
              if (left_over && ceil * s < n + begin) ++ceil;
              for (const bool ceil_mode : {false, true}) {
                Description problem = sliding_axis(n, k, s, 0, d, ceil_mode);
                problem.spec.pad_begin[2] = begin, problem.spec.pad_end[2] = end;
                const int64_t expected = ceil_mode ? ceil : floor;
                SCOPED_TRACE(fmt::format("n {} k {} s {} d {} p {}-{} ceil {}", n, k, s, d, begin,
                                         end, ceil_mode));
                // A window larger than the padded input: refused in floor mode, and in ceil mode
                // at stride 1.
                if (floor == 0 && !ceil_mode) {
                  ASSERT_THROW(Problem{problem}, BadInput);
                  continue;
                }
                if (floor > 0) {
                  ASSERT_EQ(Problem(problem).dst()[2], expected);
                  ++checked;
                }
              }
            }
  EXPECT_GT(checked, 10'000);
}

TEST(Size, window_larger_than_input) {
  for (const char* reduction : {"max", "avg_include_pad"}) {
    const std::string line = fmt::format("{}/sliding/f32/nchw/src:1x1x4x4/k:5x5/s:2x2", reduction);
    EXPECT_THROW(parse_problem(line), BadInput);
    EXPECT_EQ(axis_text(parse_problem(line + "/ceil")), "1x1");
  }
  EXPECT_THROW(parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:5/s:1/ceil"), BadInput);
}

TEST(Size, same_and_valid) {
  const struct {
    int64_t n, k, s, d, out, total;
  } rows[] = {
      {6, 3, 2, 1, 3, 1}, {7, 3, 2, 1, 4, 2}, {5, 3, 1, 1, 5, 2},
      {5, 2, 1, 1, 5, 1}, {6, 1, 2, 1, 3, 0},  // k < s: the total would be negative
      {9, 3, 2, 2, 5, 4}, {1, 4, 3, 1, 1, 3},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(fmt::format("n {} k {} s {} d {}", r.n, r.k, r.s, r.d));
    Description description = sliding_axis(r.n, r.k, r.s, 0, r.d, false);
    description.spec.auto_pad = AutoPad::kSameUpper;
    const Problem upper(description);
    EXPECT_EQ(upper.dst()[2], r.out);
    EXPECT_EQ(upper.padding().begin[2], r.total / 2);
    EXPECT_EQ(upper.padding().end[2], r.total - r.total / 2);
    description.spec.auto_pad = AutoPad::kSameLower;
    const Problem lower(description);
    EXPECT_EQ(lower.dst()[2], r.out);
    EXPECT_EQ(lower.padding().begin[2], r.total - r.total / 2);
    EXPECT_EQ(lower.padding().end[2], r.total / 2);
  }
  EXPECT_EQ(axis_text(parse_problem("max/sliding/f32/nchw/src:1x1x6x7/k:3/s:2/valid")), "2x3");
}

TEST(Size, counts_and_bytes_beyond_32_bits) {
  const auto problem = parse_problem("max/sliding/f16/nchw/src:3x65536x300x400/k:3x2/idx");
  EXPECT_EQ(problem.src_count(), int64_t{3} * 65536 * 300 * 400);
  EXPECT_EQ(problem.src_bytes(), 2 * problem.src_count());
  EXPECT_EQ(problem.dst_count(), int64_t{3} * 65536 * 100 * 200);
  EXPECT_EQ(problem.dst_bytes(), 2 * problem.dst_count());
  EXPECT_EQ(problem.index_bytes(), 8 * problem.dst_count());
  const auto plane = parse_problem("max/sliding/i8/nchw/src:1x1x65536x131072/k:1");
  EXPECT_EQ(plane.src_count(), int64_t{1} << 33);
  EXPECT_EQ(plane.dst_count(), int64_t{1} << 33);
  EXPECT_EQ(parse_problem("max/global/f16/nchw/src:3x2x9").index_bytes(), 0);
  EXPECT_EQ(parse_problem("max/sliding/f32/nchw/src:0x3x9/k:3").src_count(), 0);
}

TEST(Tokens, types_and_layouts) {
  EXPECT_EQ(parse_dtype("bf16"), DType::kBF16);
  EXPECT_EQ(parse_layout("nhwc"), Layout::kChannelsLast);
  EXPECT_THROW(parse_dtype("f8"), BadInput);
  EXPECT_THROW(parse_dtype(""), BadInput);
  EXPECT_THROW(parse_layout("NCHW"), BadInput);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(parse_dtype(token(DType(i))), DType(i));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(parse_layout(token(Layout(i))), Layout(i));
}

}  // namespace
}  // namespace poolbench
