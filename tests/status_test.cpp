// The closed lists of statuses: precedence, and what a run of rows ends with.
#include "bench/status.h"

#include <gtest/gtest.h>

namespace poolbench {
namespace {

ExitStatus run_of(std::vector<Status> rows) { return exit_status(rows); }

TEST(ExitStatus, takes_precedence_in_the_order_4_5_2_3_1_0) {
  const ExitStatus order[] = {kBadUsage, kUnavailable, kWrongResult, kNotRun, kSlower, kAsExpected};
  for (size_t i = 0; i < std::size(order); ++i)
    for (size_t j = i; j < std::size(order); ++j) {
      EXPECT_EQ(worse(order[i], order[j]), order[i]);
      EXPECT_EQ(worse(order[j], order[i]), order[i]);
    }
}

TEST(ExitStatus, is_that_of_the_worst_row) {
  EXPECT_EQ(run_of({Status::kOk, Status::kRefused}), kAsExpected);
  EXPECT_EQ(run_of({Status::kOk, Status::kInvalid}), kNotRun);
  EXPECT_EQ(run_of({Status::kError, Status::kWrong, Status::kOk}), kWrongResult);
}

TEST(ExitStatus, of_refusals_alone_is_not_run) {
  EXPECT_EQ(run_of({Status::kRefused, Status::kRefused}), kNotRun);
  EXPECT_EQ(run_of({}), kNotRun);
}

TEST(ExitStatus, help_lists_each_with_its_meaning) {
  const std::string help = exit_status_help();
  for (const ExitStatusInfo& one : kExitStatuses)
    EXPECT_NE(help.find(std::to_string(one.status) + " " + std::string(one.meaning)),
              std::string::npos)
        << help;
  EXPECT_NE(help.find("the first of 4, 5, 2, 3, 1."), std::string::npos) << help;
}

}  // namespace
}  // namespace poolbench
