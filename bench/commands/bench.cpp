// poolbench bench: times each problem on all contenders together, and prints and saves it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <set>

#include "bench/commands/command.h"
#include "bench/judge/seed.h"
#include "bench/processes.h"
#include "bench/record/context.h"
#include "bench/record/record.h"
#include "bench/record/seal.h"
#include "bench/report/google_benchmark.h"
#include "bench/report/table.h"
#include "bench/select/selection.h"
#include "bench/select/shard.h"
#include "bench/supervise/bench_cases.h"
#include "bench/supervise/case_run.h"
#include "bench/supervise/costs.h"
#include "bench/supervise/link.h"
#include "bench/time/bencher.h"
#include "bench/time/profile.h"
#include "host/engines/engine.h"
#include "host/file.h"
#include "host/modules.h"
#include "host/substrates/nvtx.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;
  TimingFlags timing;
  std::string baseline;
  std::string shard, costs;
  RunFlags run;
  std::string seed = kRandomSeed;
  int blocks = MeasureOptions().blocks;
  int submits = MeasureOptions().submits;
  std::vector<std::string> revisions;  // NAME=COMMIT, of modules
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

// Drops what other shards have. Returns which case is whose, for the record.
Json keep_shard(std::vector<Problem>& problems, const Shard& shard, const std::string& costs) {
  const auto shards = shards_of(costs_of(problems, costs), shard.count);
  Json cases = Json::array();
  std::vector<Problem> kept;
  for (size_t i = 0; i < problems.size(); ++i) {
    cases.push_back({{"problem", to_text(problems[i])}, {"shard", shards[i]}});
    if (shards[i] == shard.number) kept.push_back(problems[i]);
  }
  problems = std::move(kept);
  return {{"number", shard.number}, {"count", shard.count}, {"cases", std::move(cases)}};
}

ExitStatus run_profile(const Flags& flags, const BenchOptions& options,
                       const std::vector<Contender>& contenders,
                       const std::vector<Problem>& problems) {
  if (!profiler_ranges_built())
    fmt::print(stderr, "profile: built without NVTX, so there are launches but no ranges\n");
  std::vector<Status> statuses;
  for (const Problem& problem : problems) {
    const Input input = make_input(problem, options.fill, options.seed);
    const auto verdicts = profile(contenders, problem, input,
                                  flags.timing.hot ? Temperature::kHot : Temperature::kCold);
    for (size_t i = 0; i < contenders.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const bool launched = verdict.status == Status::kOk;
      print("{:<8} {}/{}  {}\n", launched ? "launched" : info(verdict.status).name,
            contenders[i].name(), to_text(problem), launched ? verdict.kernel : verdict.reason);
      statuses.push_back(verdict.status);
    }
  }
  return finish(statuses);
}

BenchOptions options_of(const Flags& flags) {
  BenchOptions options = timing_options(flags.timing, parse_seed(flags.seed));
  options.measure.blocks = flags.blocks;
  options.measure.submits = flags.submits;
  return options;
}

// Writes down of which source those modules and engines are that are open. Throws BadInput.
void note_revisions(const Flags& flags, Json& modules) {
  std::set<std::string> names;
  for (const std::string& one : flags.selection.modules) names.insert(parse_module(one).name);
  for (const EngineName& one : parse_engines(flags.selection.engines))
    if (!one.shipped) names.insert(one.name);
  for (const std::string& text : flags.revisions) {
    const size_t end = text.find('=');
    const std::string name = text.substr(0, end);
    if (end == text.npos || end + 1 == text.size() || !names.contains(name))
      throw BadInput(fmt::format(
          "--revision: '{}' is not NAME=COMMIT of a --module NAME or an --engine NAME=COMMAND",
          text));
    if (modules.contains(name)) modules[name]["revision"] = text.substr(end + 1);
  }
}

// What can be told from the arguments alone.
struct Asked {
  BenchOptions options;
  BenchmarkFlags benchmark;
  std::optional<Shard> shard;
};

Asked read_arguments(const Flags& flags, const std::vector<std::string>& extras) {
  check_writable(flags.run.json);
  Json unused;
  note_revisions(flags, unused);
  if (flags.profile && !extras.empty())
    throw BadInput(fmt::format("--profile times nothing, so '{}' has no effect", extras.front()));
  Asked asked{options_of(flags), read_benchmark_flags(extras), {}};
  if (!flags.shard.empty()) asked.shard = parse_shard(flags.shard);
  if (!asked.shard && !flags.costs.empty())
    throw BadInput("--costs says how cases are shared, so it goes with --shard");
  if (asked.shard && flags.profile)
    throw BadInput("--profile times nothing, so --shard has no effect");
  if (asked.benchmark.repetitions != 0) asked.options.measure.blocks = asked.benchmark.repetitions;
  asked.options.wanted = row_filter(asked.benchmark.filter);
  return asked;
}

// Opens the backends and finds the rows that are wanted.
Opening open_cases(const Flags& flags, const Asked& asked) {
  BenchOptions options = asked.options;
  std::vector<Network> networks;
  auto problems = select_problems(flags.selection, &networks);
  if (problems.empty()) return {nullptr, nothing_ran(why_nothing(flags.selection))};
  prepare_to_time();
  Backends backends = select_backends(flags.selection);
  // An emulator that is asked for by name gets rows with the reason why it is not timed.
  if (flags.selection.backends.empty())
    std::erase_if(backends.contenders,
                  [](const Contender& contender) { return !contender.backend->timeable(); });
  if (backends.contenders.empty()) return {nullptr, nothing_ran("no backend is available")};
  for (const FamilyState& family : backends.families)
    if (!family.why_unavailable.empty())
      fmt::print(stderr, "{} is not available: {}\n", family.family, family.why_unavailable);
    else if (family.is_module)
      for (const auto& backend : family.backends) options.peers.emplace_back(backend->name());
  options.baseline = choose_baseline(flags, backends.contenders, options.peers);
  options.always_measure_baseline = !flags.baseline.empty();
  if (flags.profile) return {nullptr, run_profile(flags, options, backends.contenders, problems)};

  const size_t rows = problems.size() * backends.contenders.size() * options.temperatures.size();
  if (keep_wanted(problems, backends.contenders, options).empty())
    return {nullptr, nothing_ran(fmt::format("--benchmark_filter '{}' matches none of the {} rows; "
                                             "--benchmark_list_tests shows them",
                                             asked.benchmark.filter, rows))};
  Json facts = {{"networks", to_exact(networks)}, {"shard", nullptr}};
  if (asked.shard) facts["shard"] = keep_shard(problems, *asked.shard, flags.costs);
  if (asked.benchmark.list) {
    for (const std::string& name : keep_wanted(problems, backends.contenders, options))
      print("{}\n", name);
    return {};
  }
  return {std::make_unique<BenchCases>(std::move(backends), options, std::move(problems),
                                       std::move(facts))};
}

// The loop over problems: each is measured, printed and kept. The record is written at the end;
// the run's journal has what was measured before a kill.
ExitStatus bench(const Flags& flags, const std::vector<std::string>& extras) {
  const Asked asked = read_arguments(flags, extras);
  const OpenCases open = [&] { return open_cases(flags, asked); };
  if (part() == Part::kChild) return serve(open);
  CaseRun run("bench", open, flags.run, flags.selection.modules);
  if (!run.has_cases()) return run.status();

  const bool table = asked.benchmark.format == "console";
  const auto temperatures = from_exact<std::vector<Temperature>>(run.facts().at("temperatures"));
  std::vector<CaseResult> results;
  RunNotes notes;
  notes.temperatures = temperatures;
  notes.arguments = arguments();
  notes.shard = run.facts().at("shard");
  if (!notes.shard.is_null())
    fmt::print(stderr, "shard {} of {}: {} of {} problems\n", notes.shard["number"].get<int64_t>(),
               notes.shard["count"].get<int64_t>(), run.opened().cases.size(),
               notes.shard["cases"].size());
  notes.networks = from_exact<std::vector<Network>>(run.facts().at("networks"));
  if (table) std::cout << table_header(temperatures) << std::flush;
  while (const auto rows = run.next()) {
    results.push_back(from_exact<CaseResult>(rows->at("result")));
    merge_gpus(notes.gpus, rows->at("gpus"));
    notes.seeds.insert(rows->at("seed").get<uint64_t>());
    notes.case_seconds[to_text(results.back().problem)] = rows->at("seconds");
    if (table) std::cout << table_block(results.back(), temperatures) << std::flush;
  }
  const ExitStatus ended = run.finish();
  notes.context = run.facts().at("context");
  const Json without =
      notes.context["poolbench"]["noted"].value("without_ceilings", Json::object());
  for (const auto& [uuid, why] : without.items())
    fmt::print(stderr, "device {} has no ceilings, so its rows have no share: {}\n", uuid,
               why.get<std::string>());
  note_revisions(flags, notes.context["poolbench"]["modules"]);
  notes.run = run.notes();
  notes.left_out = run.left_out();
  if (table && !results.empty()) {  // first: the disk may be full
    std::cout << "\n"
              << table_summary(results, temperatures)
              << network_table(notes.networks, results, temperatures);
    for (const Temperature temperature : temperatures)
      std::cout << crossovers(results, temperature);
    std::cout << std::flush;
  }
  if (!flags.run.json.empty())
    write_file(flags.run.json, seal(line_of(records_json(results, notes))));
  run.record_is_written();
  report(results, asked.benchmark);

  std::vector<Status> statuses;
  for (const CaseResult& result : results)
    for (const Record& record : result.records) statuses.push_back(record.status);
  const ExitStatus status = finish(statuses);
  return worse(status, ended);
}

}  // namespace

void add_bench(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("bench", "Interleaved timing of every backend");
  auto flags = std::make_shared<Flags>();
  add_problem_flags(*command, flags->selection);
  add_backend_flags(*command, flags->selection);
  add_timing_flags(*command, flags->timing);
  command
      ->add_option(
          "--revision", flags->revisions,
          "NAME=COMMIT: of which source a --module or an --engine NAME=COMMAND is, for the "
          "record")
      ->take_all();
  command->add_option("--baseline", flags->baseline,
                      "Contender to compare with [the best peer, else naive]");
  command->add_option("--seed", flags->seed,
                      "Seed of inputs, of the blocks' order and of what is judged where not all is "
                      "[random: drawn, and shown in the record]");
  command->add_option("--blocks", flags->blocks, "Samples a row, 6 or more for an interval [17]")
      ->check(CLI::Range(1, 10'000));
  command
      ->add_option("--submits", flags->submits,
                   "Launches from idle of each contender that takes less than 50 us, for its "
                   "submit-to-done times; 0: none [1000]")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--json", flags->run.json,
                      "Write samples and records to this file, in Google Benchmark's schema");
  command->add_option("--shard", flags->shard,
                      "K/N: only the K-th of N parts of the cases, for `record merge`; auto: which "
                      "one says a Slurm array, or GTEST_SHARD_INDEX and GTEST_TOTAL_SHARDS");
  command->add_option("--costs", flags->costs,
                      "Record of an earlier run, by whose seconds shards share the cases [by what "
                      "the cases move]");
  command
      ->add_option("--budget", flags->run.budget,
                   "Seconds after which no further problem begins; what is left out is named and "
                   "the exit status is 3")
      ->check(CLI::PositiveNumber);
  add_run_flags(*command, flags->run);
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
      "Ctrl-C ends a run at once and keeps what was measured; --resume continues it. A backend "
      "that "
      "crashes or hangs is a row, and the run goes on.\n" +
      exit_status_help());
  command->callback([flags, command, &run] {
    run = [flags, extras = command->remaining()] { return bench(*flags, extras); };
  });
}

}  // namespace poolbench
