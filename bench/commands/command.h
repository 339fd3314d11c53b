// The commands of the program. Each adds itself to the command line with its flags and an example.
#ifndef POOLBENCH_BENCH_COMMANDS_COMMAND_H_
#define POOLBENCH_BENCH_COMMANDS_COMMAND_H_

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace poolbench {

enum class Status;  // of a row: bench/judge/verify.h

// What the program ends with. Where several hold, the first of 4, 5, 2, 3, 1.
enum ExitStatus {
  kAsExpected = 0,
  kSlower = 1,  // than allowed
  kWrongResult = 2,
  kNotRun = 3,       // something expected did not run, nothing was selected, or no verdict
  kBadUsage = 4,     // or bad input, or an unreadable file
  kUnavailable = 5,  // an asked-for backend is unknown or not available
};
// Of two statuses the one that the program ends with.
ExitStatus worse(ExitStatus a, ExitStatus b);
// What the program ends with for the sake of one row.
ExitStatus exit_status(Status status);

// Registers a command; `run` is set to its work when the command line chose it.
using Run = std::function<ExitStatus()>;
void add_list(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_bench(CLI::App& app, Run& run);
void add_eval(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_COMMANDS_COMMAND_H_
