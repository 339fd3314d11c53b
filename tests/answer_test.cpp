// The oracle's outputs as tensors.
#include "host/answer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "host/reference.h"
#include "host/windows.h"

namespace poolbench {
namespace {

int64_t peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t(usage.ru_maxrss) * 1024;
}

TEST(Answer, what_would_take_gigabytes_to_fold_is_computed_from_its_taps) {
  const Problem problem = parse_problem("max/sliding/i8/nchw/src:1x1x32000x1000/k:32000x8/s:1x1");
  ASSERT_LT(Reference::fold_cost(problem).joins, all_taps(problem)) << "it would be faster";
  std::vector<std::byte> src(size_t(problem.src_bytes()));
  src[999] = std::byte{7};
  const int64_t before = peak_bytes();
  const auto dst = answer(problem, src.data())[Role::kDst];
  EXPECT_LT(peak_bytes() - before, 100'000'000);
  EXPECT_EQ(dst.front(), std::byte{0});
  EXPECT_EQ(dst.back(), std::byte{7});
}

}  // namespace
}  // namespace poolbench
