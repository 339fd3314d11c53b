// Stores past the caches, which `copy` makes where a tensor is larger than the last one: here every
// tensor is.
#include <gtest/gtest.h>

#include <string>

#include "host/backends/backends.h"
#include "host/compare.h"
#include "host/run.h"
#include "kernels/openmp/isa.h"
#include "tests/support.h"

namespace poolbench {
namespace {

TEST(PastTheCaches, copies_of_any_length) {
  const std::string openmp = "openmp";
  const auto families = open_backends({&openmp, 1}, {});
  ASSERT_FALSE(families.front().backends.empty()) << families.front().why_unavailable;
  Backend& backend = *families.front().backends.front();
  const int64_t before = std::exchange(openmp::last_level_bytes, 0);
  for (const DType dtype : {DType::kI8, DType::kF16, DType::kF32, DType::kF64})
    for (const char* line : {"max/sliding/src:1x1x1x7/k:1", "max/sliding/src:1x3x17x31/k:1",
                             "max/sliding/src:2x8x64x64/k:1", "max/sliding/src:1x37x101x103/k:1"}) {
      const Problem problem = parse_problem(line, {dtype, Layout::kChannelsFirst});
      SCOPED_TRACE(to_text(problem));
      const auto src = filled(problem, FillKind::kUniform, 1);
      const auto plan = backend.plan(problem, "copy");
      const Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data());
      EXPECT_EQ(outcome.broken, "");
      EXPECT_TRUE(compare(problem, src.data(), outcome.dst(), outcome.indices()).ok());
    }
  openmp::last_level_bytes = before;
}

}  // namespace
}  // namespace poolbench
