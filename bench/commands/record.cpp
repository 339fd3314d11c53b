// poolbench record: what is done with records once `bench --json` has written them.
#include "bench/commands/record.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "host/problem.h"

namespace poolbench {
namespace {

constexpr void (*kSubCommands[])(CLI::App& record, Run& run) = {
    add_record_merge, add_record_export, add_record_add, add_record_history, add_record_check,
};

}  // namespace

bool is_same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return std::filesystem::equivalent(one, other, ignored);
}

void check_keeps(const std::string& input, const std::string& output) {
  if (is_same_file(input, output)) throw BadInput(fmt::format("-o: {} is what is read", output));
}

void add_repository_option(CLI::App& command, std::string& repository) {
  command.add_option("--repository", repository,
                     "Order of commits: the history of this repository's HEAD [by date]");
}

void add_record(CLI::App& app, Run& run) {
  auto* record = app.add_subcommand("record", "What bench --json wrote: merge, export, history");
  record->require_subcommand(1);
  record->footer(
      "Example: poolbench record merge part-*.json -o whole.json\n"
      "Records that were changed since they were written are refused.\n" +
      exit_status_help());
  for (const auto add : kSubCommands) add(*record, run);
}

}  // namespace poolbench
