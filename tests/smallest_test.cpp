#include "host/smallest.h"

#include "tests/support.h"

namespace poolbench {
namespace {

FuzzCase drawn(const std::string& text, FillKind fill = FillKind::kUniform) {
  return {parse_problem(text), fill, 7};
}

TEST(Smallest, what_has_no_part_in_the_failure_goes) {
  const FuzzCase failing =
      drawn("max/sliding/bf16/nhwc/src:3x17x9x8x40/k:3x2x5/s:2x1x3/p:1x0x2-0x1x4/d:1x3x2/ceil/idx");
  const FuzzCase least = smallest(failing, [](const FuzzCase& c) {
    return c.problem.spec().kernel[2] >= 3 && c.problem.src()[2] >= 11;
  });
  EXPECT_EQ(to_text(least.problem), "max/sliding/f32/nchw/src:1x1x11/k:3/s:1");
  EXPECT_EQ(least.fill, FillKind::kIntegers);
  EXPECT_EQ(least.fill_seed, 1u);
}

TEST(Smallest, an_axis_in_the_middle_and_the_input_stay_where_they_matter) {
  const FuzzCase least =
      smallest(drawn("avg_include_pad/adaptive/f16/nchw/src:2x3x7x9x8/out:3x4x5", FillKind::kNan),
               [](const FuzzCase& c) {
                 const Extents &src = c.problem.src(), &dst = c.problem.dst();
                 bool uneven = false;
                 for (int axis = 0; axis < 3; ++axis)
                   uneven |= src[axis] % dst[axis] == 1 && dst[axis] > 1 && src[axis] > 1;
                 return uneven && c.problem.dtype() == DType::kF16 && c.fill == FillKind::kNan;
               });
  EXPECT_EQ(to_text(least.problem), "avg_include_pad/adaptive/f16/nchw/src:1x1x3/out:2");
  EXPECT_EQ(least.fill, FillKind::kNan);
}

TEST(Smallest, ends_whatever_fails_and_after_so_many_tries) {
  for (uint64_t i = 0; i < 200; ++i) {
    const FuzzCase failing = fuzz_case(11, i);
    const FuzzCase least = smallest(
        failing, [](const FuzzCase&) { return true; }, 10'000);
    EXPECT_LE(least.problem.src_count(), 1) << failing.problem;
  }
  int tries = 0;
  smallest(
      fuzz_case(11, 1), [&](const FuzzCase&) { return ++tries, false; }, 5);
  EXPECT_EQ(tries, 5);
}

}  // namespace
}  // namespace poolbench
