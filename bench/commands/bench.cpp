// poolbench bench: interleaved timing. Our core (bench/time/measure.h) measures all contenders of a
// problem together; the rows then replay the samples through Google Benchmark
// (bench/report/replay.h), which brings flags, statistics and reporters.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <set>

#include "bench/commands/command.h"
#include "bench/report/replay.h"
#include "bench/report/table.h"
#include "bench/select/selection.h"
#include "bench/time/profile.h"
#include "host/file.h"
#include "host/substrates/nvtx.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;
  bool cold = false, hot = false;
  std::string baseline, json;
  std::string fill = "uniform";
  uint64_t seed = 1;
  int blocks = 9;
  double sample_ms = 1;
  double budget = 0;  // seconds; 0: none
  bool profile = false;
};

ExitStatus status_of(const std::vector<const CaseResult*>& cases) {
  ExitStatus status = cases.empty() ? kNotRun : kAsExpected;
  for (const CaseResult* result : cases)
    for (const Record& record : result->records) status = worse(status, exit_status(record.status));
  return status;
}

std::string choose_baseline(const Flags& flags, const std::vector<Contender>& contenders,
                            const std::vector<std::string>& peers) {
  const auto is_there = [&](const std::string& name) {
    return std::any_of(contenders.begin(), contenders.end(),
                       [&](const Contender& contender) { return contender.name() == name; });
  };
  if (!flags.baseline.empty() && !is_there(flags.baseline))
    throw BadInput(fmt::format("--baseline: '{}' is none of the contenders", flags.baseline));
  if (!flags.baseline.empty() || !peers.empty()) return flags.baseline;
  return is_there("naive") ? "naive" : "";
}

ExitStatus run_profile(const Flags& flags, const BenchOptions& options,
                       const std::vector<Contender>& contenders,
                       const std::vector<Problem>& problems) {
  if (!profiler_ranges_built())
    fmt::print(stderr, "profile: built without NVTX, so there are launches but no ranges\n");
  ExitStatus status = kAsExpected;
  for (const Problem& problem : problems) {
    const Input input = make_input(problem, options.fill, options.seed);
    const auto verdicts =
        profile(contenders, problem, input, flags.hot ? Temperature::kHot : Temperature::kCold);
    for (size_t i = 0; i < contenders.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const bool launched = verdict.status == Status::kOk;
      fmt::print("{:<8} {}/{}  {}\n", launched ? "launched" : status_name(verdict.status),
                 contenders[i].name(), to_text(problem),
                 launched ? verdict.kernel : verdict.reason);
      status = worse(status, exit_status(verdict.status));
    }
  }
  return status;
}

ExitStatus run_timed(const Flags& flags, BenchOptions options,
                     const std::vector<Contender>& contenders, std::vector<Problem> problems,
                     const BenchmarkFlags& benchmark_flags) {
  std::set<std::string> devices;
  for (const Contender& contender : contenders)
    devices.insert(contender.backend->substrate().device().uuid);
  GpuWatch watch(devices);
  options.watch = &watch;
  Bencher bencher(contenders, options);
  Session session(bencher, std::move(problems), flags.json, flags.budget);
  replay(session, benchmark_flags);
  if (benchmark_flags.list) return kAsExpected;
  const auto results = session.results();
  if (benchmark_flags.format == "console" && !results.empty()) {
    std::cout << "\n" << table_summary(results, options.temperatures);
    for (const Temperature temperature : options.temperatures)
      std::cout << crossovers(results, temperature);
  }
  session.save();
  const auto left_out = session.left_out();
  if (left_out.empty()) return status_of(results);
  fmt::print(stderr, "left out: {} of {} problems, for {}: {}{}\n", left_out.size(),
             session.problems().size(),
             Interrupt::asked() ? "the run was interrupted"
                                : fmt::format("the budget of {} s was spent", flags.budget),
             left_out.front(), left_out.size() > 1 ? ", …" : "");
  return worse(status_of(results), kNotRun);
}

BenchOptions options_of(const Flags& flags) {
  BenchOptions options;
  options.measure.blocks = flags.blocks;
  options.measure.sample_seconds = flags.sample_ms * 1e-3;
  options.measure.wake_seconds = 0.1;
  options.measure.seed = flags.seed;
  options.fill = parse_fill(flags.fill);
  options.seed = flags.seed;
  if (flags.cold != flags.hot)
    options.temperatures = {flags.cold ? Temperature::kCold : Temperature::kHot};
  return options;
}

ExitStatus bench(const Flags& flags, const std::vector<std::string>& extras) {
  check_writable(flags.json);
  BenchOptions options = options_of(flags);
  const BenchmarkFlags benchmark_flags = initialize_benchmark(extras);
  if (benchmark_flags.repetitions != 0) options.measure.blocks = benchmark_flags.repetitions;

  auto problems = select_problems(flags.selection);
  Backends backends = select_backends(flags.selection);
  // Asked for by name, an emulator gets rows that say why not.
  if (flags.selection.backends.empty())
    std::erase_if(backends.contenders,
                  [](const Contender& contender) { return !contender.backend->timeable(); });
  if (problems.empty() || backends.contenders.empty()) {
    fmt::print(stderr, "poolbench: nothing was selected to time; name a --suite or --problem\n");
    return kNotRun;
  }
  for (const FamilyState& family : backends.families)
    if (!family.why_unavailable.empty())
      fmt::print(stderr, "{} is not available: {}\n", family.family, family.why_unavailable);
    else if (family.is_module)
      for (const auto& backend : family.backends) options.peers.emplace_back(backend->name());
  options.baseline = choose_baseline(flags, backends.contenders, options.peers);
  if (flags.profile) return run_profile(flags, options, backends.contenders, problems);
  return run_timed(flags, options, backends.contenders, std::move(problems), benchmark_flags);
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("bench", "Interleaved timing of every backend");
  auto flags = std::make_shared<Flags>();
  add_problem_flags(*command, flags->selection);
  add_backend_flags(*command, flags->selection);
  command->add_flag("--cold", flags->cold, "Only cold: buffers rotate over 3x the last cache");
  command->add_flag("--hot", flags->hot, "Only hot: the same buffers again and again");
  command->add_option("--baseline", flags->baseline,
                      "Contender to compare with [the best peer, else naive]");
  command->add_option("--fill", flags->fill, "Kind of input [uniform]");
  command->add_option("--seed", flags->seed, "Seed of inputs and of the blocks' order [1]")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--blocks", flags->blocks, "Samples a row, 6 or more for an interval [9]")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--sample-ms", flags->sample_ms, "Least length of a sample [1]")
      ->check(CLI::Range(0.001, 60'000.0));
  command->add_option("--json", flags->json,
                      "Write samples and records to this file, in Google Benchmark's schema");
  command
      ->add_option("--budget", flags->budget,
                   "Seconds after which no further problem begins; what is left out is named and "
                   "the exit status is 3")
      ->check(CLI::PositiveNumber);
  command->add_flag(
      "--profile", flags->profile,
      fmt::format("No timing: each problem is checked, then launched once on each backend inside "
                  "an NVTX range `backend/problem` of the domain poolbench{}",
                  profiler_ranges_built()
                      ? ""
                      : " (this build has no NVTX, whose headers come with the CUDA Toolkit)"));
  command->allow_extras();
  command->footer(
      "Google Benchmark's flags work too: --benchmark_filter, _format, _out, _repetitions, …\n"
      "Example: poolbench bench --suite models --backend naive,openmp --json models.json\n"
      "Ctrl-C ends a run after the problem it is at and keeps what was measured; twice ends it at "
      "once.\n"
      "Exit status: 0 done, 2 a wrong result, 3 an error, an invalid time or nothing to time, "
      "4 bad input, 5 no such backend");
  command->callback([flags, command, &run] {
    run = [flags, extras = command->remaining()] { return bench(*flags, extras); };
  });
}

}  // namespace poolbench
