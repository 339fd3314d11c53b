// Two stored runs: wider rules than a race's.
#include "bench/race/unpaired.h"

#include <gtest/gtest.h>

#include "bench/record/stored_record.h"
#include "host/problem.h"

namespace poolbench {
namespace {

Record row(double seconds, double share = kNone) {
  Record row;
  row.contender = "openmp";
  row.status = Status::kOk;
  row.seconds = {seconds, 0.99 * seconds, 1.01 * seconds};
  row.share = {share, 0.99 * share, 1.01 * share};
  return row;
}

// The row that comes of two.
RaceRow of(const Record& base, const Record& head, bool gate = true) {
  Rules rules;
  rules.gate = gate;
  const RaceOutcome outcome =
      unpaired_outcome({{base.problem, {base}}}, {{head.problem, {head}}}, rules);
  EXPECT_EQ(outcome.rows.size(), 1u);
  return outcome.rows.at(0);
}

TEST(Unpaired, three_times_what_runs_differ_is_needed) {
  EXPECT_EQ(of(row(1), row(1.35)).word(), "SLOWER");
  EXPECT_EQ(of(row(1.35), row(1)).word(), "FASTER");
  EXPECT_EQ(of(row(1), row(1.2)).word(), "UNRESOLVED") << "a race would see it";
  EXPECT_EQ(of(row(1), row(1.27)).word(), "UNRESOLVED") << "the ends count, not the medians";
  EXPECT_EQ(of(row(1), row(1)).word(), "UNRESOLVED") << "nothing shows that it is the same";
}

TEST(Unpaired, a_machine_that_got_slower_is_seen_by_the_ceiling) {
  EXPECT_EQ(of(row(1, 0.5), row(1.5, 0.33)).word(), "SLOWER");
  const RaceRow machine = of(row(1, 0.5), row(1.5, 0.5));
  EXPECT_EQ(machine.word(), "UNRESOLVED");
  EXPECT_NE(machine.ruling.why.find("the machine changed"), std::string::npos)
      << machine.ruling.why;
}

TEST(Unpaired, what_has_no_time_is_never_green) {
  const auto with = [](Status status) {
    Record one = row(1);
    one.status = status;
    return one;
  };
  const auto status = [](const RaceRow& one) {
    RaceOutcome outcome;
    outcome.rows = {one};
    outcome.rules.gate = true;
    return race_status(outcome, false);
  };
  EXPECT_EQ(status(of(row(1), with(Status::kWrong))), kWrongResult);
  EXPECT_EQ(status(of(row(1), with(Status::kCrashed))), kNotRun);
  EXPECT_EQ(of(row(1), with(Status::kRefused)).word(), "MISSING");
  EXPECT_EQ(of(row(1), with(Status::kRefused), false).word(), "refused");
  EXPECT_EQ(of(with(Status::kNoisy), row(2)).word(), "UNRESOLVED");
  Record other = row(1);
  other.problem = parse_problem("max/sliding/f32/nchw/src:1x2x8x8/k:2x2");
  EXPECT_EQ(of(row(1), other).word(), "MISSING");
  EXPECT_EQ(status(of(row(1), other)), kNotRun);
  EXPECT_EQ(status(of(row(1), row(2))), kSlower);
}

TEST(Unpaired, what_one_record_alone_says_forbids_to_compare) {
  StoredRecord older, newer;  // a record of method 1 may name none
  older.json = Json::parse(R"({"context": {"poolbench": {"comparable": {"threads": 2}}}})");
  newer.json = older.json;
  newer.json["context"]["poolbench"]["comparable"]["method"] = 2;
  EXPECT_NO_THROW(check_comparable(newer, newer));
  EXPECT_THROW(check_comparable(older, newer), BadInput);
  EXPECT_THROW(check_comparable(newer, older), BadInput);
}

}  // namespace
}  // namespace poolbench
