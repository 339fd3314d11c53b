// The sub-commands of `record`. Each adds itself to the command line, with its flags and an
// example, and may throw BadInput when it runs (command.h).
#ifndef POOLBENCH_BENCH_COMMANDS_RECORD_H_
#define POOLBENCH_BENCH_COMMANDS_RECORD_H_

#include "bench/commands/command.h"

namespace poolbench {

// Whether both are names of one file, which is there.
bool is_same_file(const std::string& one, const std::string& other);
// Throws BadInput if the output would take the place of what is read.
void check_keeps(const std::string& input, const std::string& output);

// Adds --repository: the order of commits (bench/history/commits.h).
void add_repository_option(CLI::App& command, std::string& repository);

void add_record_merge(CLI::App& record, Run& run);
void add_record_export(CLI::App& record, Run& run);
void add_record_add(CLI::App& record, Run& run);
void add_record_history(CLI::App& record, Run& run);
void add_record_check(CLI::App& record, Run& run);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_COMMANDS_RECORD_H_
