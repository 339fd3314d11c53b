// What follows from the rows of a race.
#include <fmt/format.h>

#include <cmath>

#include "bench/race/race.h"

namespace poolbench {
namespace {

// Processes until the evidence is enough, if it goes on like this; 0: not within kMostProcesses.
int processes_until(int wins, int losses, double needed) {
  const int had = wins + losses;
  for (int n = had + 1; n <= Rules::kMostProcesses; ++n) {
    const int scaled = int(std::lround(double(wins) * n / had));
    if (e_value(scaled, n - scaled) >= needed) return n - had;
  }
  return 0;
}

std::string time_of(double seconds) {
  return seconds < 90 ? fmt::format("{:.0f} s", seconds) : fmt::format("{:.0f} min", seconds / 60);
}

Speed side(const Evidence& evidence) {
  return evidence.slower >= evidence.faster ? Speed::kSlower : Speed::kFaster;
}

}  // namespace

std::vector<Ruling> Race::rulings(double seconds) const {
  const std::vector<bool> suspect = suspects();
  std::vector<double> same;
  for (const Row& row : rows_) same.push_back(evidence(row.first.counted, rules_).same);
  const auto is_same = rejected(same, double(family_), rules_.false_rate);
  const std::vector<std::string> untrue = alarms();
  std::vector<Ruling> rulings;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    if (!row.exists && row.heard > 0) continue;
    Ruling& ruling = rulings.emplace_back();
    judge(row, suspect[i], is_same[i], seconds, ruling);
    if (untrue.empty() || ruling.speed == Speed::kUnresolved || row.status != Status::kOk) continue;
    ruling.why = fmt::format(
        "it would be {}, but {}{}: what this machine says today is not to be "
        "trusted",
        speed_name(ruling.speed), untrue.front(),
        untrue.size() > 1 ? fmt::format(" (and {} more)", untrue.size() - 1) : "");
    ruling.speed = Speed::kUnresolved;
    ruling.remedy = "a quieter machine";
  }
  return rulings;
}

void Race::judge(const Row& row, bool suspect, bool same, double seconds, Ruling& ruling) const {
  ruling.evidence = evidence(row.first.counted, rules_);
  ruling.copies_half_width =
      std::max(half_width(row.base_copies.counted), half_width(row.own_copies.counted));
  ruling.needed_effect =
      std::max(std::log1p(rules_.least_effect), rules_.copies_factor * ruling.copies_half_width);
  ruling.least_seen =
      least_seen(row, ruling.copies_half_width, most_, rules_.needed_to_differ(family_), rules_);
  if (row.status != Status::kOk) {
    ruling.why = row.reason;
    return;
  }
  ruling.effect = median_interval(row.first.counted, Rules::kConfidence);
  if (row.first.count() < Rules::kFewest) {
    ruling.why = row.noisy > 0 ? fmt::format(
                                     "the weather: {} of {} processes were disturbed too "
                                     "much",
                                     row.noisy, row.heard)
                               : fmt::format(
                                     "{} processes ran it; {} are the fewest that say "
                                     "something",
                                     row.first.count(), Rules::kFewest);
    ruling.remedy = row.noisy > 0 ? "a quieter machine" : "--resume";
    return;
  }
  if (suspect) judge_suspect(row, ruling);
  if (ruling.speed != Speed::kUnresolved) return;
  const double with_voided = median_interval(row.first.all).median;
  if (same && std::fabs(with_voided) > std::log1p(rules_.same)) {
    ruling.why = fmt::format("the weather: {}, and with the disturbed blocks {}",
                             percent_text(ruling.effect.median), percent_text(with_voided));
    ruling.remedy = "a quieter machine";
  } else if (same) {
    ruling.speed = Speed::kSame;
    ruling.why = fmt::format(
        "within {:.3g} % on either side (evidence {:.3g}, {:.3g} is enough); {} processes, {} "
        "[{}, {}]",
        100 * rules_.same, ruling.evidence.same, rules_.needed_for_same(family_), row.first.count(),
        percent_text(ruling.effect.median), percent_text(ruling.effect.low),
        percent_text(ruling.effect.high));
  } else if (!suspect) {
    judge_unresolved(row, seconds, ruling);
  }
}

// Both parts must say the same, and with the disturbed blocks too.
void Race::judge_suspect(const Row& row, Ruling& ruling) const {
  const Speed speed = side(ruling.evidence);
  const Upheld quiet = uphold(row.again.counted, speed, ruling.needed_effect);
  const Upheld all = uphold(row.again.all, speed, ruling.needed_effect);
  const std::string first = fmt::format("{} in the first part ({} processes, evidence {:.3g})",
                                        percent_text(ruling.effect.median), row.first.count(),
                                        strongest(ruling.evidence));
  if (row.again.count() >= Rules::kFewest)
    ruling.effect = median_interval(row.again.counted, Rules::kConfidence);
  if (!quiet.upheld) {
    ruling.why = fmt::format("{}, but {}", first, quiet.why);
    ruling.remedy =
        row.again.count() < Rules::kFewest ? "--resume" : "a quieter machine, or more blocks";
  } else if (!all.upheld) {
    ruling.why = fmt::format("the weather: {}, and with the disturbed blocks {}", first, all.why);
    ruling.remedy = "a quieter machine";
  } else {
    ruling.speed = speed;
    ruling.why = fmt::format(
        "{}, and {} [{}, {}] when {} fresh processes ran it again; {} was needed, for a copy of "
        "itself is {:.1f} % apart",
        first, percent_text(ruling.effect.median), percent_text(ruling.effect.low),
        percent_text(ruling.effect.high), row.again.count(), percent_text(ruling.needed_effect),
        100 * ruling.copies_half_width);
  }
}

void Race::judge_unresolved(const Row& row, double seconds, Ruling& ruling) const {
  const auto count = [&](auto&& is_win) {
    return int(std::ranges::count_if(row.first.counted, is_win));
  };
  const auto n = int(row.first.count());
  const double effect = std::log1p(rules_.least_effect), same = std::log1p(rules_.same);
  const int slower = count([&](double x) { return x > effect; });
  const int faster = count([&](double x) { return x < -effect; });
  const int inside = std::min(count([&](double x) { return x < same; }),
                              count([&](double x) { return x > -same; }));
  int more = 0;
  const auto consider = [&](int wins, double needed) {
    const int found = processes_until(wins, n - wins, needed);
    if (found > 0 && (more == 0 || found < more)) more = found;
  };
  consider(std::max(slower, faster), rules_.needed_to_differ(family_));
  consider(inside, rules_.needed_for_same(family_));
  ruling.why = fmt::format(
      "{} of {} processes say more than {:.3g} % slower, {} faster: evidence {:.3g} of {:.3g}; "
      "{} within {:.3g} %: {:.3g} of {:.3g}",
      slower, n, 100 * rules_.least_effect, faster, strongest(ruling.evidence),
      rules_.needed_to_differ(family_), inside, 100 * rules_.same, ruling.evidence.same,
      rules_.needed_for_same(family_));
  if (row.noisy > 0) ruling.why += fmt::format("; {} were disturbed too much to count", row.noisy);
  ruling.remedy = more > 0
                      ? fmt::format("about {} more processes, {}", more, time_of(more * seconds))
                      : "a quieter machine: its processes do not agree on a side";
}

}  // namespace poolbench
