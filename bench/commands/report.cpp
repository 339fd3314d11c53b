// poolbench report: records as a page that people look at.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bench/commands/record.h"
#include "bench/report/disagreements.h"
#include "bench/report/glance.h"
#include "bench/report/history_table.h"
#include "bench/report/page.h"
#include "host/file.h"

namespace poolbench {
namespace {

struct Flags {
  std::vector<std::string> records, races;
  std::string history, repository, disagreements, output, markdown;
};

ExitStatus report(const Flags& flags) {
  if (flags.output.empty() && flags.markdown.empty())
    throw BadInput("nothing is to be written: name a file with -o or --markdown");
  if (flags.output == flags.markdown || is_same_file(flags.output, flags.markdown))
    throw BadInput(flags.output + ": is named by both -o and --markdown");
  for (size_t i = 0; i < flags.records.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (is_same_file(flags.records[i], flags.records[j]))
        throw BadInput(flags.records[i] + ": is named twice");
  std::vector<std::string> read = flags.records;
  read.insert(read.end(), flags.races.begin(), flags.races.end());
  read.insert(read.end(), {flags.history, flags.disagreements});
  PageParts parts;
  for (const std::string& output : {flags.output, flags.markdown}) {
    check_writable(output);
    for (const std::string& path : read) check_keeps(path, output);
  }
  for (const std::string& path : flags.records) parts.records.push_back(read_record(path));
  if (std::ranges::all_of(parts.records, [](const auto& one) { return one.cases.empty(); }))
    throw BadInput(fmt::format("{}: no row is there to show", fmt::join(flags.records, ", ")));
  if (!flags.disagreements.empty()) parts.disagreements = read_disagreements(flags.disagreements);
  for (const std::string& path : flags.races) parts.races.push_back(race_part(path));
  if (!flags.history.empty()) {
    parts.history =
        history_json(Store(flags.history, Database::kMustExist), Commits(flags.repository));
    say_left_out(parts.history.at("unknown").get<size_t>(), flags.repository);
  }
  if (!flags.output.empty()) write_file(flags.output, page_html(parts));
  if (!flags.markdown.empty()) write_file(flags.markdown, report_markdown(parts.records));
  return kAsExpected;
}

}  // namespace

void add_report(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("report", "Records as one HTML file that opens from disk");
  auto flags = std::make_shared<Flags>();
  command->add_option("RECORDS", flags->records, "What `bench --json` or `record merge` wrote")
      ->required();
  command->add_option("-o,--output", flags->output, "The page");
  command->add_option("--markdown", flags->markdown, "Its first table, for a pull request");
  command->add_option("--disagreements", flags->disagreements,
                      "Show what `check --disagreements FILE.json` wrote, too");
  command->add_option("--race", flags->races, "Show what `race --json` wrote, too");
  command->add_option("--history", flags->history, "Show the database of `record add`, too");
  add_repository_option(*command, flags->repository);
  command->footer(
      "The page needs no network and no other file. Each record is a run: times are compared "
      "inside one, never between two.\n"
      "Example: poolbench report results/amd-epyc-2vcpu/*.json -o report.html\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return report(*flags); }; });
}

}  // namespace poolbench
