// The program: one command line, its errors, its exit status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "bench/command.h"
#include "bench/selection.h"

namespace {

using poolbench::ExitStatus;

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
    app.parse(argc, argv);
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
