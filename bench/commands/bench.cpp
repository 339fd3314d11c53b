// poolbench bench: times each problem on all contenders together, and prints and saves it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "bench/commands/command.h"
#include "bench/record/record.h"
#include "bench/report/google_benchmark.h"
#include "bench/report/progress.h"
#include "bench/report/table.h"
#include "bench/select/selection.h"
#include "bench/time/bencher.h"
#include "bench/time/budget.h"
#include "bench/time/interrupt.h"
#include "bench/time/profile.h"
#include "host/file.h"
#include "host/substrates/nvtx.h"

namespace poolbench {
namespace {

constexpr double kSecondsBetweenSaves = 20;

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

// Drops problems and temperatures without a wanted row. Returns the names of the wanted rows.
std::vector<std::string> keep_wanted(std::vector<Problem>& problems,
                                     const std::vector<Contender>& contenders,
                                     BenchOptions& options) {
  std::vector<std::string> names;
  std::set<Temperature> kept;
  std::erase_if(problems, [&](const Problem& problem) {
    const size_t before = names.size();
    for (const Contender& contender : contenders)
      for (const Temperature temperature : options.temperatures) {
        std::string name = row_name(contender.name(), problem, temperature);
        if (!options.wanted(name)) continue;
        names.push_back(std::move(name));
        kept.insert(temperature);
      }
    return names.size() == before;
  });
  std::erase_if(options.temperatures, [&](Temperature t) { return !kept.contains(t); });
  return names;
}

// Estimated work: elements, plus a fixed cost for each problem.
double work(const Problem& problem) {
  return double(problem.src_count() + problem.dst_count()) + 2e5;
}

ExitStatus run_profile(const Flags& flags, const BenchOptions& options,
                       const std::vector<Contender>& contenders,
                       const std::vector<Problem>& problems) {
  if (!profiler_ranges_built())
    fmt::print(stderr, "profile: built without NVTX, so there are launches but no ranges\n");
  std::vector<Status> statuses;
  for (const Problem& problem : problems) {
    const Input input = make_input(problem, options.fill, options.seed);
    const auto verdicts =
        profile(contenders, problem, input, flags.hot ? Temperature::kHot : Temperature::kCold);
    for (size_t i = 0; i < contenders.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const bool launched = verdict.status == Status::kOk;
      fmt::print("{:<8} {}/{}  {}\n", launched ? "launched" : info(verdict.status).name,
                 contenders[i].name(), to_text(problem),
                 launched ? verdict.kernel : verdict.reason);
      statuses.push_back(verdict.status);
    }
  }
  return finish(statuses);
}

// The results of a run.
struct Timed {
  std::vector<CaseResult> results;
  RunNotes notes;

  void save(const std::string& file) const {
    if (!file.empty()) write_file(file, records_json(results, notes).dump() + "\n");
  }
};

// The loop over problems: measures, prints and saves each.
Timed time_problems(const Flags& flags, const BenchOptions& options, bool table,
                    const std::vector<Contender>& contenders,
                    const std::vector<Problem>& problems) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const Interrupt interrupt;
  Bencher bencher(contenders, options);
  Budget budget(flags.budget);
  Progress progress(
      "bench", int64_t(problems.size()),
      std::transform_reduce(problems.begin(), problems.end(), 0.0, std::plus<>(), work));
  Timed timed{{}, {options.watch, {}}};
  double saved = 0;
  if (table) std::cout << table_header(options.temperatures) << std::flush;
  for (const Problem& problem : problems) {
    const double begin = elapsed();
    if (Interrupt::asked() || !budget.allows(begin, work(problem))) {
      timed.notes.left_out.push_back(to_text(problem));
      continue;
    }
    progress.step(to_text(problem), work(problem));
    timed.results.push_back(bencher.run(problem));
    progress.clear();
    if (table) std::cout << table_block(timed.results.back(), options.temperatures) << std::flush;
    budget.took(elapsed() - begin, work(problem));
    if (elapsed() - saved > kSecondsBetweenSaves) {  // so that a killed run leaves a record
      timed.save(flags.json);
      saved = elapsed();
    }
  }
  timed.save(flags.json);
  return timed;
}

ExitStatus run_timed(const Flags& flags, const BenchmarkFlags& benchmark_flags,
                     const BenchOptions& options, const std::vector<Contender>& contenders,
                     const std::vector<Problem>& problems) {
  const bool table = benchmark_flags.format == "console";
  const auto [results, notes] = time_problems(flags, options, table, contenders, problems);
  if (table && !results.empty()) {
    std::cout << "\n" << table_summary(results, options.temperatures);
    for (const Temperature temperature : options.temperatures)
      std::cout << crossovers(results, temperature);
  }
  report(results, benchmark_flags);

  std::vector<Status> statuses;
  for (const CaseResult& result : results)
    for (const Record& record : result.records) statuses.push_back(record.status);
  const ExitStatus status = finish(statuses);
  if (notes.left_out.empty()) return status;
  fmt::print(stderr, "left out: {} of {} problems, for {}: {}{}\n", notes.left_out.size(),
             problems.size(),
             Interrupt::asked() ? "the run was interrupted"
                                : fmt::format("the budget of {} s was spent", flags.budget),
             notes.left_out.front(), notes.left_out.size() > 1 ? ", …" : "");
  return worse(status, kNotRun);
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
  if (flags.profile && !extras.empty())
    throw BadInput(fmt::format("--profile times nothing, so '{}' has no effect", extras.front()));
  BenchOptions options = options_of(flags);
  const BenchmarkFlags benchmark_flags = read_benchmark_flags(extras);
  if (benchmark_flags.repetitions != 0) options.measure.blocks = benchmark_flags.repetitions;
  options.wanted = row_filter(benchmark_flags.filter);

  auto problems = select_problems(flags.selection);
  if (problems.empty()) return nothing_ran(why_nothing(flags.selection, "--suite or --problem"));
  Backends backends = select_backends(flags.selection);
  // An emulator that is asked for by name gets rows with the reason why it is not timed.
  if (flags.selection.backends.empty())
    std::erase_if(backends.contenders,
                  [](const Contender& contender) { return !contender.backend->timeable(); });
  if (backends.contenders.empty()) return nothing_ran("no backend is available");
  for (const FamilyState& family : backends.families)
    if (!family.why_unavailable.empty())
      fmt::print(stderr, "{} is not available: {}\n", family.family, family.why_unavailable);
    else if (family.is_module)
      for (const auto& backend : family.backends) options.peers.emplace_back(backend->name());
  options.baseline = choose_baseline(flags, backends.contenders, options.peers);
  options.always_measure_baseline = !flags.baseline.empty();
  if (flags.profile) return run_profile(flags, options, backends.contenders, problems);

  const size_t rows = problems.size() * backends.contenders.size() * options.temperatures.size();
  const auto names = keep_wanted(problems, backends.contenders, options);
  if (names.empty())
    return nothing_ran(fmt::format(
        "--benchmark_filter '{}' matches none of the {} rows; --benchmark_list_tests shows them",
        benchmark_flags.filter, rows));
  if (benchmark_flags.list) {
    for (const std::string& name : names) std::cout << name << '\n';
    return kAsExpected;
  }
  std::set<std::string> devices;
  for (const Contender& contender : backends.contenders)
    devices.insert(contender.backend->substrate().device().uuid);
  GpuWatch watch(devices);
  options.watch = &watch;
  return run_timed(flags, benchmark_flags, options, backends.contenders, problems);
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
      "Rows are named backend[.kernel]/problem/hot|cold. --benchmark_filter=REGEX takes those "
      "whose "
      "name matches, -REGEX the others, for the table, --json and the reporters alike. Other rows "
      "are not measured, but for those of --baseline, which are then not shown.\n"
      "Of Google Benchmark's flags these work too: --benchmark_list_tests, _format, _out, "
      "_out_format, _repetitions, _report_aggregates_only, _time_unit, _context, …\n"
      "Example: poolbench bench --suite models --backend naive,openmp --json models.json\n"
      "Ctrl-C ends a run after the problem that it is at and keeps what was measured; a second one "
      "ends it at once.\n" +
      exit_status_help());
  command->callback([flags, command, &run] {
    run = [flags, extras = command->remaining()] { return bench(*flags, extras); };
  });
}

}  // namespace poolbench
