#include "bench/race/outcome.h"

#include <cmath>

namespace poolbench {
namespace {

constexpr double kQuiet = 0.012;

}  // namespace

RaceOutcome outcome_of(const Race& race, double seconds,
                       const std::function<std::string(const Row&)>& repeat) {
  RaceOutcome outcome;
  const std::vector<const Row*> rows = race.rows();
  const std::vector<Ruling> rulings = race.rulings(seconds);
  for (size_t i = 0; i < rows.size(); ++i)
    outcome.rows.push_back(
        {race.cases()[rows[i]->of_case], *rows[i], rulings[i], repeat(*rows[i])});
  outcome.alarms = race.alarms();
  outcome.copies = race.copies();
  outcome.rules = race.rules();
  outcome.family = race.family();
  outcome.first = race.first();
  outcome.most = race.processes();
  outcome.again = race.again();
  outcome.seconds = seconds;
  return outcome;
}

ExitStatus race_status(const RaceOutcome& outcome, bool strict) {
  std::vector<Status> statuses;
  for (const RaceRow& row : outcome.rows) statuses.push_back(row.row.status);
  ExitStatus status = exit_status(statuses);
  for (const RaceRow& row : outcome.rows) {
    if (!row.has_verdict()) continue;
    if (row.ruling.speed == Speed::kSlower && outcome.rules.gate) status = worse(status, kSlower);
    if (row.ruling.speed == Speed::kUnresolved && strict) status = worse(status, kNotRun);
  }
  return status;
}

void Tally::add(const RaceOutcome& outcome) {
  ++races;
  alarmed += !outcome.alarms.empty();
  const double truth = std::log1p(planted);
  const auto n = size_t(outcome.rules.confirming);
  for (const RaceRow& row : outcome.rows) {
    if (row.row.contender != contender) continue;
    ++rows;
    Trial& trial = trials.emplace_back(Trial{.problem = row.problem,
                                             .word = std::string(row.word()),
                                             .temperature = row.row.temperature});
    if (!row.has_verdict()) {
      ++others;
      continue;
    }
    const Speed speed = row.ruling.speed;
    slower += speed == Speed::kSlower;
    faster += speed == Speed::kFaster;
    same += speed == Speed::kSame;
    unresolved += speed == Speed::kUnresolved;
    trial.copies_half_width = row.ruling.copies_half_width;
    trial.least_seen = row.ruling.least_seen;
    if (row.ruling.copies_half_width <= kQuiet) {
      ++quiet;
      quiet_slower += speed == Speed::kSlower;
    }
    if (row.ruling.least_seen <= truth) {
      ++visible;
      seen += speed == Speed::kSlower;
    }
    const std::vector<double>& all = row.row.first.counted;
    if (all.size() < n) continue;
    const Interval interval =
        median_interval({all.begin(), all.begin() + int64_t(n)}, Rules::kConfidence);
    trial.error = interval.median - truth;
    errors.push_back(trial.error);
    if (std::isnan(interval.low)) continue;
    level = interval_order(int(n), Rules::kConfidence).level;
    ++intervals;
    trial.covers = interval.low <= truth && truth <= interval.high;
    covering += *trial.covers;
  }
}

}  // namespace poolbench
