#include <fmt/format.h>

#include <cmath>

#include "bench/report/race_table.h"
#include "bench/text.h"

namespace poolbench {
namespace {

// What a reader wants to see first: what is wrong or missing, then who is slower, faster, not
// resolved, the same.
int rank(const RaceRow& row) {
  if (info(row.row.status).exit == kWrongResult) return 0;
  if (info(row.row.status).exit != kAsExpected) return 1;
  if (!row.has_verdict()) return 6;
  switch (row.ruling.speed) {
    case Speed::kSlower:
      return 2;
    case Speed::kFaster:
      return 3;
    case Speed::kUnresolved:
      return 4;
    case Speed::kSame:
      return 5;
  }
  return 6;
}

std::string line(const RaceRow& one) {
  const Ruling& ruling = one.ruling;
  const bool says_why = !one.has_verdict() || ruling.speed == Speed::kUnresolved;
  return fmt::format(
      "| {} | `{}` {} {} | {} | {} | {} |\n", one.word(), markdown_cell(one.problem),
      temperature_name(one.row.temperature), markdown_cell(one.row.contender),
      one.has_verdict() && std::isfinite(ruling.effect.low)
          ? fmt::format("{} [{}, {}]", percent_text(ruling.effect.median),
                        percent_text(ruling.effect.low), percent_text(ruling.effect.high))
          : "-",
      time_text(one.row.base_seconds),
      says_why                         ? markdown_cell(ruling.why)
      : ruling.speed == Speed::kSlower ? "`" + markdown_cell(one.repeat) + "`"
                                       : "");
}

}  // namespace

std::string race_markdown(const RaceOutcome& outcome, size_t bytes) {
  std::vector<const RaceRow*> rows;
  for (const RaceRow& row : outcome.rows) rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, [](const RaceRow* row) {
    const double effect = row->ruling.effect.median;
    return std::pair(rank(*row), std::isfinite(effect) ? -std::fabs(effect) : 0);
  });
  const std::string base = outcome.rows.empty() ? "" : outcome.rows.front().row.base;
  const std::string head = fmt::format(
      "**{}** against {}, {} + {} processes\n\n| verdict | row | effect | {} | |\n| --- | --- | "
      "--- "
      "| --- | --- |\n",
      race_counts(outcome), markdown_cell(base), outcome.first, outcome.again, markdown_cell(base));
  const std::string tail = "\n" + race_worth(outcome);
  const auto left_out = [](size_t count) {
    return count == 0 ? "" : fmt::format("\nAnd {} rows that say less.\n", count);
  };
  std::string text = head;
  size_t shown = 0;
  for (; shown < rows.size(); ++shown) {
    const std::string next = line(*rows[shown]);
    if (text.size() + next.size() + left_out(rows.size()).size() + tail.size() > bytes) break;
    text += next;
  }
  text += left_out(rows.size() - shown) + tail;
  if (text.size() > bytes) text = text.substr(0, bytes);  // there was no room for a row
  return text;
}

}  // namespace poolbench
