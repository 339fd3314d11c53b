// The table of a race lines up, and its Markdown keeps to its budget.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "bench/report/race_table.h"

namespace poolbench {
namespace {

RaceRow row(const std::string& problem, Status status, Speed speed, double effect) {
  RaceRow one;
  one.problem = problem;
  one.row.status = status;
  one.row.base = "base";
  one.row.contender = "head";
  one.row.exists = true;
  one.row.base_seconds = 1e-5;
  one.row.first.counted.assign(14, effect);
  one.ruling.speed = speed;
  one.ruling.why = "why | of " + problem;
  one.ruling.effect = {effect, effect - 0.01, effect + 0.01};
  one.ruling.copies_half_width = 0.005;
  one.ruling.least_seen = 0.03;
  one.repeat = "poolbench race --problem '" + problem + "'";
  return one;
}

RaceOutcome outcome() {
  RaceOutcome all;
  for (int i = 0; i < 100; ++i)
    all.rows.push_back(row("same" + std::to_string(i), Status::kOk, Speed::kSame, 0.001));
  all.rows.push_back(row("slower", Status::kOk, Speed::kSlower, 0.05));
  all.rows.push_back(row("slowest", Status::kOk, Speed::kSlower, std::log(30)));
  all.rows.push_back(row("unresolved", Status::kOk, Speed::kUnresolved, 0.02));
  all.rows.push_back(row("faster", Status::kOk, Speed::kFaster, -0.1));
  all.rows.push_back(row("missing", Status::kMissing, Speed::kUnresolved, kNone));
  all.rows.push_back(row("wrong", Status::kWrong, Speed::kUnresolved, kNone));
  all.copies.pairs = 212;
  return all;
}

TEST(RaceMarkdown, is_never_longer_than_its_budget_and_says_most_first) {
  for (const size_t bytes : {500, 1000, 1500, 3000, 60'000}) {
    const std::string text = race_markdown(outcome(), bytes);
    EXPECT_LE(text.size(), bytes);
    if (bytes < 3000) continue;
    size_t at = 0;
    for (const char* problem :
         {"`wrong`", "`missing`", "`slowest`", "`slower`", "`faster`", "`unresolved`", "`same0`"}) {
      const size_t found = text.find(problem, at);
      ASSERT_NE(found, std::string::npos) << problem << "\n" << text;
      at = found;
    }
    EXPECT_EQ(text.find("rows that say less") == std::string::npos, bytes == 60'000);
    EXPECT_EQ(text.find("why | of"), std::string::npos) << "a cell ends where it should";
  }
}

TEST(RaceTable, lines_up) {
  std::istringstream lines(race_table(outcome(), false));
  size_t width = 0, rows = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  head") && !line.starts_with("  contender")) continue;
    if (width == 0) width = line.size();
    EXPECT_EQ(line.size(), width) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 1 + outcome().rows.size());
}

TEST(RaceStatus, is_that_of_the_worst_row_and_of_the_gate) {
  RaceOutcome all = outcome();
  EXPECT_EQ(race_status(all, false), kWrongResult);
  all.rows.pop_back();
  EXPECT_EQ(race_status(all, false), kNotRun);
  all.rows.pop_back();
  EXPECT_EQ(race_status(all, false), kAsExpected);
  EXPECT_EQ(race_status(all, true), kNotRun);
  all.rules.gate = true;
  EXPECT_EQ(race_status(all, false), kSlower);
  all.rows.clear();
  EXPECT_EQ(race_status(all, false), kNotRun);
}

}  // namespace
}  // namespace poolbench
