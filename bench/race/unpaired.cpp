#include "bench/race/unpaired.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace poolbench {
namespace {

// ln(head / base) between the ends that are nearest to and farthest from each other.
Interval apart(const Interval& base, const Interval& head) {
  const auto end = [](double end, const Interval& interval) {
    return std::isnan(end) ? interval.median : end;  // there were too few samples for an interval
  };
  return {std::log(head.median / base.median), std::log(end(head.low, head) / end(base.high, base)),
          std::log(end(head.high, head) / end(base.low, base))};
}

Speed side(const Interval& effect, double needed) {
  if (effect.low > needed) return Speed::kSlower;
  if (effect.high < -needed) return Speed::kFaster;
  return Speed::kUnresolved;
}

void judge(const Record& base, const Record& head, Ruling& ruling) {
  ruling.effect = apart(base.seconds, head.seconds);
  const Speed by_time = side(ruling.effect, ruling.needed_effect);
  ruling.why = fmt::format("{} [{}, {}] between two runs, of which {} must be certain",
                           percent_text(ruling.effect.median), percent_text(ruling.effect.low),
                           percent_text(ruling.effect.high), percent_text(ruling.needed_effect));
  ruling.remedy = "a race of both in the same processes";
  if (by_time == Speed::kUnresolved) return;
  // The share falls where the time grows.
  const bool has_share = std::isfinite(base.share.median) && std::isfinite(head.share.median);
  const Interval by_share = has_share ? apart(head.share, base.share) : ruling.effect;
  if (side(by_share, ruling.needed_effect) != by_time) {
    ruling.why += fmt::format("; but {} beside the ceiling of its own run: the machine changed",
                              percent_text(by_share.median));
    return;
  }
  ruling.speed = by_time;
  ruling.remedy.clear();
}

// What stands in the way of a verdict on two rows, if anything does.
bool has_times(const Record& base, const Record& head, bool gate, RaceRow& one) {
  for (const auto& [row, which] : {std::pair(head, "second"), std::pair(base, "first")}) {
    if (has_time(row.status)) continue;
    const bool noisy = row.status == Status::kNoisy;
    one.row.status = noisy                                    ? Status::kOk
                     : gate && row.status == Status::kRefused ? Status::kMissing
                                                              : row.status;
    one.ruling.why =
        fmt::format("{} in the {} record: {}", info(row.status).name, which, row.reason);
    if (noisy) one.ruling.remedy = "a quieter machine";
    return false;
  }
  one.row.status = Status::kOk;
  return true;
}

}  // namespace

const std::string_view kWhyWider =
    "Two runs of one process each: between runs identical code differs by 8 %, which no number of "
    "samples in either shows, and so three times that is needed. Only a race tells less apart.";

RaceOutcome unpaired_outcome(const std::vector<CaseResult>& base,
                             const std::vector<CaseResult>& head, const Rules& rules) {
  RaceOutcome outcome;
  outcome.rules = rules;
  outcome.first = outcome.most = 2;
  outcome.unpaired = kWhyWider;
  std::map<std::string, const Record*> others;
  for (const CaseResult& result : head)
    for (const Record& row : result.records) others[row.name()] = &row;
  for (const CaseResult& result : base)
    for (const Record& row : result.records) {
      RaceRow& one = outcome.rows.emplace_back();
      one.problem = to_text(row.problem);
      one.row.temperature = row.temperature;
      one.row.base = "the first record";
      one.row.contender = row.contender;
      one.row.base_seconds = row.seconds.median;
      one.repeat = fmt::format("poolbench bench --{} --problem '{}'",
                               temperature_name(row.temperature), one.problem);
      one.ruling.copies_half_width = kBetweenRuns;
      one.ruling.needed_effect =
          std::max(std::log1p(rules.least_effect), rules.copies_factor * kBetweenRuns);
      const auto found = others.find(row.name());
      if (found == others.end())
        one.ruling.why = "the second record has no such row";  // MISSING
      else if (has_times(row, *found->second, rules.gate, one))
        judge(row, *found->second, one.ruling);
    }
  outcome.family = outcome.rows.size();
  return outcome;
}

}  // namespace poolbench
