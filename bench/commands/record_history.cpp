// poolbench record history: cases over commits.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bench/commands/record.h"
#include "bench/history/commits.h"
#include "bench/report/history_table.h"
#include "bench/select/pattern.h"

namespace poolbench {
namespace {

struct Flags {
  std::string database, repository, host;
  std::vector<std::string> filters;
};

ExitStatus history(const Flags& flags) {
  std::vector<Pattern> patterns;
  for (const std::string& filter : flags.filters) patterns.emplace_back("--filter", filter);
  const Pattern hosts("--host", flags.host);
  const Store store(flags.database, Database::kMustExist);
  const Commits commits(flags.repository);
  size_t shown = 0, left_out = 0;
  for (const auto& [id, name] : store.series()) {
    const std::string row = row_name(name.contender, parse_problem(name.problem), name.temperature);
    if (!hosts.matches(name.host) ||
        (!patterns.empty() &&
         std::ranges::none_of(patterns, [&](const Pattern& one) { return one.matches(row); })))
      continue;
    std::vector<SeriesPoint> points = store.points(id);
    left_out += commits.sort(points);
    if (points.empty()) continue;
    fmt::print("{}{}", shown++ > 0 ? "\n" : "", history_table(name, points, changes_of(points)));
  }
  say_left_out(left_out, flags.repository);
  return shown > 0 ? kAsExpected : nothing_ran("no row in the database matches");
}

}  // namespace

void add_record_history(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("history", "Cases over commits, with the steps in them");
  auto flags = std::make_shared<Flags>();
  command->add_option("database", flags->database, "What record add made")->required();
  command
      ->add_option("--filter", flags->filters,
                   "Rows that match a regular expression, by names such as openmp/max/.../cold")
      ->take_all();
  command->add_option("--host", flags->host, "Hosts that match a regular expression");
  add_repository_option(*command, flags->repository);
  command->footer(
      "What forbids comparison (machine, device, driver, compiler, flags, instruction set, "
      "threads, "
      "method) keeps series apart. A step is SLOWER or FASTER by the time over the ceiling's, at "
      "the first commit behind it, with its 95 % interval; it is the machine's if the ceiling "
      "moved too. bench/history/steps.h has the rule.\n"
      "Example: poolbench record history runs.sqlite --filter '^openmp/.*k:3x3.*/cold$'\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return history(*flags); }; });
}

}  // namespace poolbench
