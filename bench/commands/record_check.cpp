// poolbench record check: what is new in a database of records, for cron.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>

#include "bench/commands/record.h"
#include "bench/history/commits.h"
#include "bench/report/history_table.h"

namespace poolbench {
namespace {

struct Flags {
  std::string database, repository, now;
  std::optional<double> silent;  // days
  std::vector<std::string> retired;
  bool told = false;
};

// A step of a series.
struct Found {
  int64_t series;
  Change change;
  SeriesPoint point;  // the first behind it
  bool told;
  Told as_told() const { return {series, point.revision, change.slower(), point.date}; }
};

// Whether a step was told. Points that came later may have moved its place a little, less than
// steps are apart.
bool is_told(const std::set<Told>& told, int64_t series, const std::vector<SeriesPoint>& points,
             const Change& change) {
  constexpr size_t kMostMoved = kPointsBefore - 1;
  const size_t first = change.at - std::min(change.at, kMostMoved);
  const size_t last = std::min(change.at + kMostMoved, points.size() - 1);
  for (size_t i = first; i <= last; ++i)
    if (told.contains({series, points[i].revision, change.slower(), points[i].date})) return true;
  return false;
}

struct Steps {
  std::vector<Found> found;
  size_t suspects = 0, machines = 0;  // `machines`: those that are theirs
};

Steps steps_of(const std::map<int64_t, std::vector<SeriesPoint>>& series,
               const std::set<Told>& told) {
  Steps steps;
  for (const auto& [id, points] : series)
    for (const Change& change : changes_of(points)) {
      if (change.machines)
        ++steps.machines;
      else if (!change.step.sure)
        ++steps.suspects;
      else
        steps.found.push_back({id, change, points[change.at], is_told(told, id, points, change)});
    }
  std::ranges::sort(steps.found, {}, [](const Found& one) {
    return std::tuple(one.point.date, one.point.revision, -one.change.step.size);
  });
  return steps;
}

void print(const Found& one, const std::map<int64_t, SeriesName>& names) {
  fmt::print("{}  {}  {}  {}{}\n", one.point.revision, day_text(one.point.date),
             series_text(names.at(one.series)), change_text(one.change),
             one.told ? " (told before)" : "");
}

int64_t now_of(const Flags& flags) {
  if (flags.now.empty()) return std::time(nullptr);
  try {
    return seconds_of(flags.now);
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("--now: {}", error.what()));
  }
}

// The dates of records by host, without those of hosts that are retired.
std::multimap<std::string, int64_t> records_of(const Store& store, const Flags& flags) {
  std::multimap<std::string, int64_t> records = store.records();
  for (const std::string& host : flags.retired)
    if (!records.contains(host))
      throw BadInput(fmt::format("--retired: no record is of a host '{}'", host));
  for (const std::string& host : flags.retired) records.erase(host);
  return records;
}

ExitStatus check(const Flags& flags) {
  Store store(flags.database, Database::kMustExist);
  const Commits commits(flags.repository);
  const int64_t now = now_of(flags);
  const std::multimap<std::string, int64_t> records = records_of(store, flags);
  const std::map<int64_t, SeriesName> names = store.series();
  std::map<int64_t, std::vector<SeriesPoint>> series;
  store.points([&](int64_t id, SeriesPoint point) { series[id].push_back(std::move(point)); });
  size_t left_out = 0;
  for (auto& [id, points] : series) left_out += commits.sort(points);
  std::erase_if(series, [](const auto& one) { return one.second.empty(); });
  say_left_out(left_out, flags.repository);

  const Steps steps = steps_of(series, store.told());
  ExitStatus status = kAsExpected;
  std::vector<Told> news;
  for (const Found& one : steps.found) {
    if (!one.told || flags.told) print(one, names);
    if (one.told) continue;
    news.push_back(one.as_told());
    if (one.change.slower()) status = kSlower;
  }

  const std::vector<Silence> silent = silent_hosts(records, now, flags.silent);
  for (const Silence& one : silent) fmt::print("{}\n", silence_text(one, now));
  std::vector<Outlier> outside = outliers(names, series);
  std::erase_if(outside, [&](const Outlier& one) { return !records.contains(one.host); });
  for (const Outlier& one : outside) fmt::print("{}\n", outlier_text(one));
  fmt::print(
      "{} new steps, {} told before, {} suspects, {} steps of machines; {} silent and {} outlying "
      "machines\n",
      news.size(), steps.found.size() - news.size(), steps.suspects, steps.machines, silent.size(),
      outside.size());
  if (std::fflush(stdout) == 0 && !news.empty()) store.tell(news);
  return silent.empty() && outside.empty() ? status : worse(status, kNotRun);
}

}  // namespace

void add_record_check(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("check", "What is new in the database, for cron");
  auto flags = std::make_shared<Flags>();
  command->add_option("database", flags->database, "What record add made")->required();
  add_repository_option(*command, flags->repository);
  command->add_flag("--told", flags->told, "Show steps that were told before, too");
  command
      ->add_option("--silent", flags->silent,
                   "Days without a record after which a host is silent [three times as many as "
                   "usual]")
      ->check(CLI::PositiveNumber);
  command->add_option("--retired", flags->retired, "A host that may be silent, and is no outlier")
      ->take_all();
  command->add_option("--now", flags->now, "As if it were 2026-11-30T16:00:00Z");
  command->footer(
      "Exit status: 1 if something became slower that was not told before, 3 if a host is silent "
      "or "
      "a machine's times are unlike those of at least three machines like it, 0 otherwise. A step "
      "is told once.\n"
      "Example: poolbench record check runs.sqlite --repository .\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return check(*flags); }; });
}

}  // namespace poolbench
