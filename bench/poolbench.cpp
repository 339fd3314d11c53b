// The program: command line, errors, exit status.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "bench/commands/command.h"
#include "bench/record/context.h"
#include "bench/select/selection.h"
#include "bench/supervise/link.h"

namespace {

using poolbench::ExitStatus;

// Names an unknown command; CLI11 would only say that a command is required.
void check_command(const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    std::vector<std::string> names;
    for (const CLI::App* command : at->get_subcommands({})) names.push_back(command->get_name());
    if (names.empty()) return;
    if (std::find(names.begin(), names.end(), argv[i]) == names.end())
      throw poolbench::BadInput(
          fmt::format("'{}' is an unknown command; one of {}", argv[i], fmt::join(names, ", ")));
    at = at->get_subcommand(argv[i]);
  }
}

ExitStatus complain(const char* what, ExitStatus status) {
  std::fprintf(stderr, "poolbench: %s\n",
               what);  // fmt::print would throw if standard error cannot be written
  return status;
}

// Runs a command, and turns its errors into a message and an exit status.
ExitStatus outcome(const poolbench::Run& run) try {
  return run();
} catch (const poolbench::BackendUnavailable& error) {
  return complain(error.what(), poolbench::kUnavailable);
} catch (const poolbench::BadInput& error) {
  return complain(error.what(), poolbench::kBadUsage);
} catch (const std::bad_alloc&) {
  return complain("out of memory", poolbench::kNotRun);
} catch (const std::exception& error) {
  return complain(error.what(), poolbench::kNotRun);
}

// Adds the flag to every command, at its end of the line where people look for it.
void add_no_supervisor(CLI::App& app, bool& no_supervisor) {
  for (CLI::App* command : app.get_subcommands({})) {
    if (!command->get_subcommands({}).empty())
      add_no_supervisor(*command, no_supervisor);
    else
      command->add_flag("--no-supervisor", no_supervisor,
                        "Do all in one process, for debuggers: a crash then ends the program");
  }
}

// Streams that were closed would be the next files that are opened, and what is printed would go
// into those. Writing to standard output must still fail; what fails with standard error is
// nobody's.
void keep_standard_streams() {
  constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_WRONLY};  // of standard input, output and error
  for (int stream = 0; stream < 3; ++stream)
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", kModes[stream]);  // the lowest that is free
}

// A full disk behind standard output may only be noticed by the last flush.
ExitStatus flushed(ExitStatus status) {
  errno = 0;
  std::cout.flush();
  if (std::cout.good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
  return worse(complain(("standard output cannot be written" + why).c_str(), poolbench::kBadUsage),
               status);
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file beyond its limit fails as one on a full disk does
  CLI::App app{"poolbench: pooling on every backend, checked against each other and timed"};
  app.require_subcommand(1);
  app.footer(poolbench::exit_status_help());
  app.set_help_all_flag("--help-all", "Help of all commands");
  const poolbench::BuildInfo build = poolbench::build_info();
  app.set_version_flag("--version",
                       fmt::format("poolbench {}, commit {}", build.version, build.commit));
  poolbench::Run run;
  poolbench::add_list(app, run);
  poolbench::add_check(app, run);
  poolbench::add_bench(app, run);
  poolbench::add_race(app, run);
  poolbench::add_record(app, run);
  poolbench::add_report(app, run);
  poolbench::add_eval(app, run);
  poolbench::add_doctor(app, run);
  bool no_supervisor = false;
  add_no_supervisor(app, no_supervisor);
  try {
    check_command(app, argc, argv);
    app.parse(argc, argv);
  } catch (const poolbench::BadInput& error) {
    return complain(error.what(), poolbench::kBadUsage);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return poolbench::kBadUsage;
  }
  poolbench::become(!no_supervisor);
  const ExitStatus status = outcome(run);
  if (poolbench::part() == poolbench::Part::kChild) poolbench::tell_end(status);
  return flushed(status);
}
