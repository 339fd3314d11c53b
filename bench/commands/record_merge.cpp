// poolbench record merge: one record of the shards of a run.
#include <CLI/CLI.hpp>

#include "bench/commands/record.h"

namespace poolbench {

void add_record_merge(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("merge", "One record of all shards of a run");
  command->callback([&run] { run = [] { return nothing_ran("not yet"); }; });
}

}  // namespace poolbench
