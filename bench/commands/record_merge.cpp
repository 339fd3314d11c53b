// poolbench record merge: one record of the shards of a run.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "bench/commands/record.h"
#include "bench/record/merge.h"
#include "bench/record/seal.h"
#include "host/file.h"

namespace poolbench {
namespace {

struct Flags {
  std::vector<std::string> parts;
  std::string output;
};

ExitStatus merge_parts(const Flags& flags) {
  check_writable(flags.output);
  std::vector<StoredRecord> parts;
  for (const std::string& path : flags.parts) {
    check_keeps(path, flags.output);
    parts.push_back(read_record(path));
  }
  const Merged merged = merge(std::move(parts));
  write_file(flags.output, seal(line_of(merged.json)));
  if (!merged.missing.empty())
    fmt::print(stderr, "missing: shard {} of {}\n", fmt::join(merged.missing, ", "), merged.shards);
  for (const std::string& problem : merged.left_out) fmt::print(stderr, "left out: {}\n", problem);
  return merged.left_out.empty() ? kAsExpected : kNotRun;
}

}  // namespace

void add_record_merge(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("merge", "One record of all shards of a run");
  auto flags = std::make_shared<Flags>();
  command->add_option("PARTS", flags->parts, "What `bench --shard --json` wrote")->required();
  command->add_option("-o,--output", flags->output, "The file of the whole run")->required();
  command->footer(
      "Parts must be of one run: the same cases and shares, arguments, build, method and kind of "
      "machine; its name may differ. Rows are taken as they stand, the sums over networks made "
      "again. A shard or case that is missing is named, and the exit status is then 3.\n"
      "Example: poolbench record merge part-*.json -o whole.json\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return merge_parts(*flags); }; });
}

}  // namespace poolbench
