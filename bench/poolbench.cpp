// The program: one command line, its errors, its exit status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "bench/command.h"
#include "bench/selection.h"

namespace {

using poolbench::ExitStatus;

// CLI11 says of an unknown command only that one is required.
void check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (std::find(names.begin(), names.end(), argv[1]) == names.end())
    throw poolbench::BadInput(
        fmt::format("'{}' is an unknown command; one of {}", argv[1], fmt::join(names, ", ")));
}

ExitStatus complain(const char* what, ExitStatus status) {
  fmt::print(stderr, "poolbench: {}\n", what);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"poolbench: pooling on every backend, checked against each other and timed"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of all commands");
  poolbench::Run run;
  poolbench::add_list(app, run);
  poolbench::add_check(app, run);
  poolbench::add_bench(app, run);
  poolbench::add_eval(app, run);
  poolbench::add_doctor(app, run);
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
  try {
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
}
