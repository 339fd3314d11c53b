// The commands of the program.
#ifndef POOLBENCH_BENCH_COMMANDS_COMMAND_H_
#define POOLBENCH_BENCH_COMMANDS_COMMAND_H_

#include <functional>
#include <span>

#include "bench/status.h"

namespace CLI {
class App;
}

namespace poolbench {

// Each adds a command to the command line, with its flags and an example. If the user chose it,
// `run` does its work.
using Run = std::function<ExitStatus()>;
void add_list(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_bench(CLI::App& app, Run& run);
void add_race(CLI::App& app, Run& run);
void add_record(CLI::App& app, Run& run);
void add_report(CLI::App& app, Run& run);
void add_eval(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);

// Prints why nothing ran, and returns kNotRun.
ExitStatus nothing_ran(std::string_view why);
// Returns the exit status of a command with these rows. Prints a line where every row was refused.
ExitStatus finish(std::span<const Status> rows);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_COMMANDS_COMMAND_H_
