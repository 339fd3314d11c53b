#include "bench/report/race_table.h"

#include <fmt/format.h>

#include <cmath>

#include "bench/text.h"

namespace poolbench {
namespace {

std::string share_text(double share) {
  return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : "-";
}

// A log ratio without a sign.
std::string size_text(double log_ratio) { return share_text(std::expm1(log_ratio)); }

std::string interval_text(const Interval& interval) {
  if (std::isnan(interval.low)) return "-";
  return fmt::format("[{}, {}]", percent_text(interval.low), percent_text(interval.high));
}

std::string rate_text(int64_t count, int64_t n) {
  const ShareInterval rate = wilson(count, n);
  return fmt::format("{} of {} ({} to {})", count, n, share_text(rate.low), share_text(rate.high));
}

}  // namespace

std::string race_counts(const RaceOutcome& outcome) {
  std::map<std::string_view, int> count;
  for (const RaceRow& row : outcome.rows) ++count[row.word()];
  std::string text;
  for (const auto& [word, rows] : count)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", rows, word);
  return text.empty() ? "no rows" : text;
}

std::string race_worth(const RaceOutcome& outcome) {
  if (!outcome.unpaired.empty()) return fmt::format("{}\n", outcome.unpaired);
  std::string text;
  for (const std::string& alarm : outcome.alarms) text += fmt::format("{}.\n", alarm);
  text += fmt::format(
      "Contenders against copies of themselves were called FASTER or SLOWER {} times "
      "in this race",
      rate_text(outcome.copies.alarms, outcome.copies.pairs));
  if (outcome.machine.pairs > outcome.copies.pairs)
    text += fmt::format(", {} on this machine so far",
                        rate_text(outcome.machine.alarms, outcome.machine.pairs));
  text += ".\n";
  std::vector<double> seen;
  for (const RaceRow& row : outcome.rows)
    if (row.has_verdict()) seen.push_back(row.ruling.least_seen);
  if (seen.empty()) return text;
  std::ranges::sort(seen);
  return text + fmt::format(
                    "With a probability of 90 % it would have seen a slow-down of {} in half "
                    "of the rows, of {} in all.\n",
                    size_text(seen[(seen.size() - 1) / 2]), size_text(seen.back()));
}

std::string race_table(const RaceOutcome& outcome, bool explain) {
  size_t width = std::string_view("contender").size();
  for (const RaceRow& row : outcome.rows) width = std::max(width, row.row.contender.size());
  std::string text = fmt::format("  {:<{}} {:<4}  {:<10} {:>9}  {:<20} {:>9} {:>7} {:>7} {:>9}\n",
                                 "contender", width, "", "verdict", "effect", "95 % interval",
                                 "base", "copies", "sees", "processes");
  std::string problem;
  for (const RaceRow& one : outcome.rows) {
    const auto& [of, row, ruling, repeat] = one;
    if (of != problem) text += fmt::format("{}\n", problem = of);
    const bool verdict = one.has_verdict();
    text += fmt::format(
        "  {:<{}} {:<4}  {:<10} {:>9}  {:<20} {:>9} {:>7} {:>7} {:>9}", row.contender, width,
        temperature_name(row.temperature), one.word(),
        verdict ? percent_text(ruling.effect.median) : "-",
        verdict ? interval_text(ruling.effect) : "-", time_text(row.base_seconds),
        size_text(ruling.copies_half_width), verdict ? size_text(ruling.least_seen) : "-",
        row.again.count() > 0 ? fmt::format("{} + {}", row.first.count(), row.again.count())
                              : fmt::format("{}", row.first.count()));
    const bool says_why = !verdict || ruling.speed == Speed::kUnresolved;
    text += '\n';
    if (explain || says_why) text += fmt::format("      {}\n", ruling.why);
    if (says_why && !ruling.remedy.empty())
      text += fmt::format("      would resolve it: {}\n", ruling.remedy);
    if (explain || (verdict && ruling.speed == Speed::kSlower))
      text += fmt::format("      repeat: {}\n", repeat);
  }
  return text +
         fmt::format("\n{} in {} processes{}.\n{}", race_counts(outcome), outcome.first,
                     outcome.again > 0
                         ? fmt::format(", and {} for those that seemed to differ", outcome.again)
                         : "",
                     race_worth(outcome));
}

std::string tally_table(const std::vector<Tally>& tallies) {
  std::string text = fmt::format("  {:<16} {:>7} {:>6} {:>6} {:>22} {:>22} {:>5} {:>10} {:>7} {}\n",
                                 "contender", "planted", "races", "rows", "SLOWER", "FASTER",
                                 "SAME", "UNRESOLVED", "bias", "intervals that hold it");
  for (const Tally& one : tallies) {
    const Interval error = median_interval(one.errors, Rules::kConfidence);
    text += fmt::format(
        "  {:<16} {:>7} {:>6} {:>6} {:>22} {:>22} {:>5} {:>10} {:>7} {} of {} ({}, should be {})\n",
        one.contender, share_text(one.planted), one.races, one.rows,
        rate_text(one.slower, one.rows), rate_text(one.faster, one.rows), one.same, one.unresolved,
        std::isfinite(error.median) ? fmt::format("{:+.2f} %", 100 * error.median) : "-",
        one.covering, one.intervals,
        one.intervals > 0 ? share_text(double(one.covering) / double(one.intervals)) : "-",
        share_text(one.level));
    if (one.planted == 0) continue;
    text += fmt::format(
        "    copies within 1.2 %: {} of {} rows, {} SLOWER; said to be seen: {} rows, "
        "{} were\n",
        one.quiet, one.rows, rate_text(one.quiet_slower, one.quiet), one.visible,
        rate_text(one.seen, one.visible));
  }
  return text;
}

}  // namespace poolbench
