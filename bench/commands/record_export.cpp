// poolbench record export: a record in a form that another tool reads.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/commands/record.h"
#include "bench/report/export.h"
#include "host/file.h"

namespace poolbench {
namespace {

struct Flags {
  std::string format, record, output;
};

// What a format has no place for.
void say_left_out(const StoredRecord& record, const ExportFormat& format) {
  if (format.has_all_rows) return;
  std::map<std::string_view, int64_t> count;
  for (const CaseResult& result : record.cases)
    for (const Record& row : result.records)
      if (!is_exported(row)) ++count[row.warm ? "warm" : info(row.status).name];
  for (const auto& [status, rows] : count)
    fmt::print(stderr, "left out, for {} knows times alone: {} rows, {}\n", format.name, rows,
               status);
}

ExitStatus export_record(const Flags& flags) {
  check_writable(flags.output);
  check_keeps(flags.record, flags.output);
  const StoredRecord record = read_record(flags.record);
  const ExportFormat& format = export_format(flags.format);
  const std::string text = exported(record, format);
  if (flags.output.empty())
    std::cout << text << std::flush;
  else
    write_file(flags.output, text);
  say_left_out(record, format);
  return kAsExpected;
}

}  // namespace

void add_record_export(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("export", "A record in a form that another tool reads");
  auto flags = std::make_shared<Flags>();
  std::string formats;
  for (const ExportFormat& format : kExportFormats)
    formats += fmt::format("\n  {:<24} {}", format.name, format.what);
  command->add_option("--format", flags->format, "One of those below")->required();
  command->add_option("RECORD", flags->record, "What `bench --json` or `record merge` wrote")
      ->required();
  command->add_option("-o,--output", flags->output, "File to write [standard output]");
  command->footer("Formats:" + formats +
                  "\nExample: poolbench record export --format csv whole.json -o whole.csv\n" +
                  exit_status_help());
  command->callback([flags, &run] { run = [flags] { return export_record(*flags); }; });
}

}  // namespace poolbench
