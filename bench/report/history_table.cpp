#include "bench/report/history_table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "bench/text.h"

namespace poolbench {
namespace {

// A change of ln as a percentage of what was before.
double percent(double ln) { return 100 * std::expm1(ln); }

std::string plus_minus(double median, double low, double high) {
  return std::isfinite(high - low) ? fmt::format("{:.0f} %", 50 * (high - low) / median) : "-";
}

std::string line(const SeriesPoint& point) {
  const std::string time =
      std::isnan(point.seconds) ? std::string(info(point.status).name) : time_text(point.seconds);
  return fmt::format("  {:<18}  {}  {:>9} {:>6}  {:>9} {:>6}", point.revision.substr(0, 18),
                     day_text(point.date), time, plus_minus(point.seconds, point.low, point.high),
                     digits(point.over_ceiling),
                     plus_minus(point.over_ceiling, point.over_low, point.over_high));
}

// What a line says beside its numbers.
std::string remark(const SeriesPoint& point) {
  if (!std::isnan(point.seconds) && !has_time(point.status))
    return fmt::format("  {}: does not count", info(point.status).name);
  if (point.warm) return "  warm: does not count";
  return point.dirty() ? "  changed files: does not count" : "";
}

}  // namespace

std::string conditions_text(const std::string& conditions) {
  const auto json = nlohmann::json::parse(conditions);
  std::string text;
  for (const auto& [name, value] : json.items())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

std::string day_text(int64_t date) { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(date)); }

std::string series_text(const SeriesName& name) {
  return fmt::format("{} {}, {} on {}{}", name.problem, temperature_name(name.temperature),
                     name.contender, name.host, name.device == "host" ? "" : " " + name.device);
}

std::string change_text(const Change& change) {
  const Step& step = change.step;
  const std::string size = fmt::format("{:+.1f} % ({:+.1f} to {:+.1f} %)", percent(step.size),
                                       percent(step.low), percent(step.high));
  if (change.machines)
    return fmt::format("the machine: {} {}, its time {:+.1f} %",
                       change.of_ceiling ? "the ceiling's time" : "time over the ceiling's", size,
                       percent(change.time.size));
  return fmt::format("{} {}{}", change.slower() ? "SLOWER" : "FASTER", size,
                     step.sure ? "" : ", a suspect: more runs would tell");
}

std::string history_table(const SeriesName& name, const std::vector<SeriesPoint>& points,
                          const std::vector<Change>& changes) {
  std::string text = fmt::format("{}\n  {}\n  {:<18}  {:<10}  {:>9} {:>6}  {:>9} {:>6}\n",
                                 series_text(name), conditions_text(name.conditions), "commit",
                                 "measured", "time", "+-", "x ceiling", "+-");
  auto change = changes.begin();
  for (size_t i = 0; i < points.size(); ++i) {
    text += line(points[i]) + remark(points[i]);
    for (; change != changes.end() && change->at == i; ++change)
      text += "  <- " + change_text(*change);
    text += "\n";
  }
  return text;
}

void say_left_out(size_t rows, const std::string& repository) {
  if (rows > 0)
    fmt::print(stderr, "{} rows are of commits that {} does not have\n", rows, repository);
}

std::string silence_text(const Silence& silence, int64_t now) {
  constexpr double kDay = 24 * 3600;
  return fmt::format(
      "silent: {}, whose last record is of {}, {:.0f} days ago{}", silence.host,
      day_text(silence.last), double(now - silence.last) / kDay,
      std::isnan(silence.usual)
          ? ""
          : fmt::format("; its records used to be {:.0f} days apart", silence.usual));
}

std::string outlier_text(const Outlier& outlier) {
  return fmt::format(
      "outlier: {}{} takes {:+.0f} % of time beside {} machines like it, over {} comparisons of a "
      "case on one commit; those are usually within {:.0f} %",
      outlier.host, outlier.device == "host" ? "" : " " + outlier.device,
      percent(outlier.deviation), outlier.machines - 1, outlier.comparisons,
      percent(outlier.spread));
}

}  // namespace poolbench
