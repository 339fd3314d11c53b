// poolbench record export: a record in a form that another tool reads.
#include <CLI/CLI.hpp>

#include "bench/commands/record.h"

namespace poolbench {

void add_record_export(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("export", "A record in a form that another tool reads");
  command->callback([&run] { run = [] { return nothing_ran("not yet"); }; });
}

}  // namespace poolbench
