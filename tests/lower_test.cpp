#include "host/lower.h"

#include "host/fuzz.h"
#include "host/substrate.h"
#include "host/windows.h"
#include "kernels/axes.h"
#include "tests/support.h"

namespace poolbench {
namespace {

void expect_axis(const Axis& axis, const std::array<int64_t, 7>& expected) {
  const std::array<int64_t, 7> got = {axis.src,       axis.dst,     axis.kernel,  axis.stride,
                                      axis.pad_begin, axis.pad_end, axis.dilation};
  EXPECT_EQ(got, expected);
}

TEST(Lower, sliding_problem) {
  const Shapes args =
      parse_problem("max/sliding/bf16/nhwc/src:2x3x10x11/k:3x2/s:2x3/p:1x0-0x1/d:2x1/idx").shapes();
  EXPECT_EQ(args.n, 2);
  EXPECT_EQ(args.c, 3);
  //                         src dst k  s  p  p  d
  expect_axis(args.axis[0], {1, 1, 1, 1, 0, 0, 1});
  expect_axis(args.axis[1], {10, 4, 3, 2, 1, 0, 2});
  expect_axis(args.axis[2], {11, 4, 2, 3, 0, 1, 1});
  EXPECT_EQ(Reduction(args.reduction), Reduction::kMax);
  EXPECT_EQ(Windowing(args.windowing), Windowing::kSliding);
  EXPECT_EQ(DType(args.dtype), DType::kBF16);
  EXPECT_EQ(Layout(args.layout), Layout::kChannelsLast);
  EXPECT_EQ(args.with_indices, 1);
  EXPECT_EQ(args.norm_mean, 0);
  EXPECT_EQ(args.divisor, 0);
}

TEST(Lower, stride_defaults_to_kernel_and_same_becomes_padding) {
  const Shapes args =
      parse_problem("avg_include_pad/sliding/f32/nchw/src:1x1x6/k:3/s:2/same_lower").shapes();
  expect_axis(args.axis[2], {6, 3, 3, 2, 1, 0, 1});
  expect_axis(parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3").shapes().axis[2],
              {9, 3, 3, 3, 0, 0, 1});
}

TEST(Lower, global_is_one_sliding_window) {
  const Shapes args = parse_problem("lp/global/f64/nchw/src:1x1x4x5/norm:3/mean").shapes();
  expect_axis(args.axis[0], {1, 1, 1, 1, 0, 0, 1});
  expect_axis(args.axis[1], {4, 1, 4, 1, 0, 0, 1});
  expect_axis(args.axis[2], {5, 1, 5, 1, 0, 0, 1});
  EXPECT_EQ(args.norm, 3);
  EXPECT_EQ(args.norm_mean, 1);
}

TEST(Lower, even_adaptive_windows_reach_kernels_as_sliding_ones) {
  const Problem even = parse_problem("max/adaptive/f32/nchw/src:1x2x12x15/out:4x5");
  EXPECT_EQ(Windowing(even.shapes().windowing), Windowing::kAdaptive);
  const Shapes args = lower_for_kernels(even);
  EXPECT_EQ(Windowing(args.windowing), Windowing::kSliding);
  expect_axis(args.axis[1], {12, 4, 3, 3, 0, 0, 1});
  expect_axis(args.axis[2], {15, 5, 3, 3, 0, 0, 1});
  const Problem uneven = parse_problem("max/adaptive/f32/nchw/src:1x2x12x15/out:4x4");
  EXPECT_EQ(Windowing(lower_for_kernels(uneven).windowing), Windowing::kAdaptive);
}

TEST(Lower, description_that_is_not_canonical) {
  const Problem problem =
      parse_problem("max/sliding/f32/nchw/src:1x1x9/k:3").with([](Description& d) {
        d.spec.kernel[0] = 7;
        d.spec.pad_begin[1] = 2;
        d.spec.stride[2] = 0;
      });
  const Shapes& args = problem.shapes();
  expect_axis(args.axis[0], {1, 1, 1, 1, 0, 0, 1});
  expect_axis(args.axis[1], {1, 1, 1, 1, 0, 0, 1});
  expect_axis(args.axis[2], {9, 3, 3, 3, 0, 0, 1});
}

TEST(Tables, hold_every_axis_and_plane) {
  for (uint64_t i = 0; i < 3000; ++i) {
    const Problem problem = fuzz_case(5, i).problem;
    SCOPED_TRACE(to_text(problem));
    const Tables tables = window_tables(problem);
    PoolArgs args = without_memory(problem.shapes());
    set_tables(args, tables, tables.windows.data());
    int64_t rows = 0;
    for (int axis = 0; axis < 3; ++axis) {
      const bool many =
          problem.spec().windowing == Windowing::kFractional && axis >= problem.first_axis();
      ASSERT_EQ(tables.plane_stride[axis], many ? problem.dst()[axis] : 0);
      ASSERT_EQ(args.table[axis].plane_stride, tables.plane_stride[axis]);
      const int64_t windows_here = problem.dst()[axis] * (many ? problem.planes() : 1);
      rows += std::max<int64_t>(windows_here, 1);  // a kernel may look at the first
      for (const int64_t plane : {int64_t{0}, problem.planes() / 2, problem.planes() - 1}) {
        if (problem.planes() == 0) continue;
        const auto expected = windows(problem, axis, plane);
        for (int64_t o = 0; o < problem.dst()[axis]; ++o) {
          const Window got = table_window(args.table[axis], plane, o);
          ASSERT_EQ(got.begin, expected[o].begin);
          ASSERT_EQ(got.end, expected[o].end);
          ASSERT_EQ(got.count, expected[o].count);
        }
      }
    }
    ASSERT_EQ(static_cast<int64_t>(tables.windows.size()), rows);
  }
}

TEST(Tables, samples_for_all_planes_share_one_table) {
  const Tables tables = window_tables(
      parse_problem("max/fractional/f32/nchw/src:2x3x9x9/k:2/out:3/samples:0.25x0.75"));
  EXPECT_EQ(tables.plane_stride, (std::array<int64_t, 3>{0, 0, 0}));
  EXPECT_EQ(tables.windows.size(), 7u);
}

TEST(Tables, samples_by_plane_have_a_table_each) {
  const Problem problem =
      parse_problem("max/fractional/f32/nchw/src:2x3x9/k:2/out:3").with([](Description& d) {
        for (int plane = 0; plane < 6; ++plane) d.spec.samples.push_back(plane / 6.0);
      });
  const Tables tables = window_tables(problem);
  EXPECT_EQ(tables.plane_stride, (std::array<int64_t, 3>{0, 0, 3}));
  ASSERT_EQ(tables.windows.size(), 2u + 6 * 3);
  for (int64_t plane = 0; plane < 6; ++plane) {
    const auto expected = windows(problem, 2, plane);
    for (int64_t o = 0; o < 3; ++o)
      EXPECT_EQ(tables.windows[tables.offset[2] + plane * 3 + o].begin, expected[o].begin);
  }
}

TEST(Tables, beyond_memory_are_out_of_memory_with_their_size) {
  for (const char* text :
       {"max/adaptive/f32/nchw/src:1x1x8/out:1099511627776",         // one axis
        "max/fractional/f32/nchw/src:1099511627776x1x9/k:2/out:3"})  // many planes
    try {
      window_tables(parse_problem(text));
      FAIL() << text;
    } catch (const OutOfMemory& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("host: no memory for tables of "), std::string::npos) << what;
      EXPECT_NE(what.find(" GB"), std::string::npos) << what;
    }
}

}  // namespace
}  // namespace poolbench
