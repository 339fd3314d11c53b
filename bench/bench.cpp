// poolbench bench: interleaved timing. Our core measures all contenders of a problem together when
// its first row is touched; the rows then replay the samples through Google Benchmark, which brings
// flags, statistics and reporters. Its own loop cannot form blocks of contenders.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/bencher.h"
#include "bench/command.h"
#include "bench/profile.h"
#include "bench/progress.h"
#include "bench/report.h"
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

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Measures each problem when its first row is touched, and keeps the results.
class Session {
 public:
  // `record`: the file that results are saved to, or empty. `budget`: seconds, or 0. `watch` may
  // be null.
  Session(Bencher& bencher, std::vector<PoolProblem> problems, std::string record, double budget,
          const GpuWatch* watch)
      : bencher_(bencher),
        problems_(std::move(problems)),
        record_(std::move(record)),
        budget_(budget),
        watch_(watch),
        results_(problems_.size()),
        left_out_(problems_.size()),
        progress_("bench", int64_t(problems_.size()), total_work()) {}

  // Null: left out for want of time.
  const CaseResult* result(size_t problem) {
    if (!results_[problem] && !left_out_[problem]) {
      const double next = work(problems_[problem]);
      const double before = seconds_since(start_);
      left_out_[problem] = !budget_.allows(before, next);
      if (left_out_[problem]) return nullptr;
      progress_.step(to_text(problems_[problem]), next);
      results_[problem] = bencher_.run(problems_[problem]);
      budget_.took(seconds_since(start_) - before, next);
      save_now_and_then();
    }
    return results_[problem] ? &*results_[problem] : nullptr;
  }
  // Those measured so far, in order.
  std::vector<const CaseResult*> results() const {
    std::vector<const CaseResult*> done;
    for (const auto& result : results_)
      if (result) done.push_back(&*result);
    return done;
  }
  std::vector<std::string> left_out() const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < problems_.size(); ++i)
      if (left_out_[i]) texts.push_back(to_text(problems_[i]));
    return texts;
  }
  void save() const {
    if (!record_.empty())
      write_file(record_, records_json(results(), {watch_, left_out()}).dump() + "\n");
  }
  Progress& progress() { return progress_; }
  const std::vector<PoolProblem>& problems() const { return problems_; }

 private:
  // Time goes by elements, and each case costs some.
  static double work(const PoolProblem& problem) {
    return double(src_count(problem) + dst_count(problem)) + 2e5;
  }
  double total_work() const {
    double total = 0;
    for (const PoolProblem& problem : problems_) total += work(problem);
    return total;
  }

  // A long run that is killed leaves what it had measured.
  void save_now_and_then() {
    if (seconds_since(saved_) < 20) return;
    save();
    saved_ = Clock::now();
  }

  Bencher& bencher_;
  std::vector<PoolProblem> problems_;
  std::string record_;
  Budget budget_;
  const GpuWatch* watch_;
  Clock::time_point start_ = Clock::now(), saved_ = start_;
  std::vector<std::optional<CaseResult>> results_;
  std::vector<bool> left_out_;
  Progress progress_;
};

// The name of a row without what Google Benchmark appends for our settings.
std::string plain_name(const std::string& name) {
  return name.substr(0, name.find("/iterations:"));
}

using Runs = std::vector<benchmark::BenchmarkReporter::Run>;

// Takes the suffixes off names before another reporter sees them.
template <class Inner>
class PlainNames : public Inner {
 public:
  void ReportRuns(const Runs& runs) override {
    Runs plain = runs;
    for (auto& run : plain) {
      const std::string name = plain_name(run.run_name.str());
      run.run_name = {};
      run.run_name.function_name = name;
    }
    Inner::ReportRuns(plain);
  }
};

// Our table: a block a problem, printed when its first row arrives.
class TableReporter : public benchmark::BenchmarkReporter {
 public:
  TableReporter(Session& session, std::vector<Temperature> temperatures)
      : session_(session), temperatures_(std::move(temperatures)) {
    for (size_t i = 0; i < session_.problems().size(); ++i)
      by_text_[to_text(session_.problems()[i])] = i;
  }
  bool ReportContext(const Context&) override {
    session_.progress().clear();
    GetOutputStream() << table_header(temperatures_) << std::flush;
    return true;
  }
  void ReportRuns(const Runs& runs) override {
    const std::string name = plain_name(runs.front().run_name.str());
    const size_t begin = name.find('/') + 1, end = name.rfind('/');
    const size_t problem = by_text_.at(name.substr(begin, end - begin));
    if (!printed_.insert(problem).second) return;
    const CaseResult* result = session_.result(problem);
    if (result == nullptr) return;  // left out; said once at the end
    session_.progress().clear();
    GetOutputStream() << table_block(*result, temperatures_) << std::flush;
  }

 private:
  Session& session_;
  std::vector<Temperature> temperatures_;
  std::map<std::string, size_t> by_text_;
  std::set<size_t> printed_;
};

void replay(benchmark::State& state, const CaseResult* result, size_t at, size_t& next) {
  if (result == nullptr) {
    state.SkipWithError("left out: the budget is spent");
    return;
  }
  const Record& record = result->records[at];
  if (record.status != Status::kOk) {
    state.SkipWithError(fmt::format("{}: {}", status_name(record.status), record.reason).c_str());
    return;
  }
  const double seconds = record.series.seconds[next++ % record.series.seconds.size()];
  for (auto _ : state) state.SetIterationTime(seconds);
  state.counters["bytes_per_second"] = double(record.traffic.total()) / seconds;
  if (!record.ceiling.empty()) state.counters["share"] = record.ceiling_seconds / seconds;
}

void register_rows(Session& session, const std::vector<Contender>& contenders,
                   const std::vector<Temperature>& temperatures, int blocks) {
  for (size_t problem = 0; problem < session.problems().size(); ++problem)
    for (size_t t = 0; t < temperatures.size(); ++t)
      for (size_t c = 0; c < contenders.size(); ++c) {
        const std::string name =
            fmt::format("{}/{}/{}", contenders[c].name(), to_text(session.problems()[problem]),
                        temperature_name(temperatures[t]));
        // Records stand by contender, then by temperature.
        const size_t at = c * temperatures.size() + t;
        benchmark::RegisterBenchmark(
            name.c_str(),
            [&session, problem, at, next = size_t{0}](benchmark::State& state) mutable {
              replay(state, session.result(problem), at, next);
            })
            ->Iterations(1)
            ->Repetitions(blocks)
            ->ReportAggregatesOnly(false)
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
}

// Hands the --benchmark_ flags to Google Benchmark; takes those that we answer ourselves.
struct BenchmarkFlags {
  std::string format = "console";
  bool out = false;
  bool list = false;
};
BenchmarkFlags initialize_benchmark(const std::vector<std::string>& extras, int& blocks) {
  BenchmarkFlags flags;
  static std::vector<std::string> args;  // the reporters' context keeps pointers into these
  args = {"poolbench"};
  for (const std::string& extra : extras) {
    if (extra.rfind("--benchmark_", 0) != 0)
      throw BadInput(fmt::format("bench: '{}' is an unknown argument; see bench --help", extra));
    const auto value = [&](std::string_view flag) -> std::optional<std::string> {
      const std::string start = fmt::format("--benchmark_{}=", flag);
      if (extra.rfind(start, 0) != 0) return std::nullopt;
      return extra.substr(start.size());
    };
    if (const auto format = value("format")) flags.format = *format;
    if (value("out")) flags.out = true;
    if (const auto list = value("list_tests")) flags.list = *list != "false" && *list != "0";
    if (extra == "--benchmark_list_tests") flags.list = true;
    if (const auto repetitions = value("repetitions")) {
      blocks = std::atoi(repetitions->c_str());
      if (blocks < 1)
        throw BadInput(
            fmt::format("--benchmark_repetitions: '{}' is not a positive number", *repetitions));
      continue;
    }
    args.push_back(extra);
  }
  if (flags.format != "console" && flags.format != "json" && flags.format != "csv")
    throw BadInput(fmt::format("--benchmark_format: '{}' is unknown; one of console, json, csv",
                               flags.format));
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  auto argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) throw BadInput(fmt::format("bench: Google Benchmark does not know '{}'", argv[1]));
  return flags;
}

ExitStatus status_of(const std::vector<const CaseResult*>& cases) {
  ExitStatus status = cases.empty() ? kNotRun : kAsExpected;
  for (const CaseResult* result : cases)
    for (const Record& record : result->records) {
      if (record.status == Status::kWrong) status = worse(status, kWrongResult);
      if (record.status == Status::kError || record.status == Status::kInvalid)
        status = worse(status, kNotRun);
    }
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
                       const std::vector<PoolProblem>& problems) {
  if (!profiler_ranges_built())
    fmt::print(stderr, "profile: built without NVTX, so there are launches but no ranges\n");
  ExitStatus status = kAsExpected;
  for (const PoolProblem& problem : problems) {
    const Input input = make_input(problem, options.fill, options.seed);
    const auto verdicts =
        profile(contenders, problem, input, flags.hot ? Temperature::kHot : Temperature::kCold);
    for (size_t i = 0; i < contenders.size(); ++i) {
      const Verdict& verdict = verdicts[i];
      const bool launched = verdict.status == Status::kOk;
      fmt::print("{:<8} {}/{}  {}\n", launched ? "launched" : status_name(verdict.status),
                 contenders[i].name(), to_text(problem),
                 launched ? verdict.kernel : verdict.reason);
      if (verdict.status == Status::kWrong) status = worse(status, kWrongResult);
      if (verdict.status == Status::kError) status = worse(status, kNotRun);
    }
  }
  return status;
}

ExitStatus bench(const Flags& flags, const std::vector<std::string>& extras) {
  check_writable(flags.json);
  BenchOptions options;
  options.measure.blocks = flags.blocks;
  options.measure.sample_seconds = flags.sample_ms * 1e-3;
  options.measure.seed = flags.seed;
  options.fill = parse_fill(flags.fill);
  options.seed = flags.seed;
  if (flags.cold != flags.hot)
    options.temperatures = {flags.cold ? Temperature::kCold : Temperature::kHot};
  const BenchmarkFlags benchmark_flags = initialize_benchmark(extras, options.measure.blocks);

  auto problems = select_problems(flags.selection);
  Backends backends = select_backends(flags.selection);
  if (flags.selection.backends
          .empty())  // asked for by name, an emulator gets rows that say why not
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

  std::set<std::string> devices;
  for (const Contender& contender : backends.contenders)
    devices.insert(contender.backend->substrate().device().uuid);
  GpuWatch watch(devices);
  options.watch = &watch;
  Bencher bencher(backends.contenders, options);
  Session session(bencher, std::move(problems), flags.json, flags.budget, &watch);
  register_rows(session, backends.contenders, options.temperatures, options.measure.blocks);

  TableReporter table(session, options.temperatures);
  PlainNames<benchmark::JSONReporter> json;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // announced since 2017, still there
  PlainNames<benchmark::CSVReporter> csv;
#pragma GCC diagnostic pop
  PlainNames<benchmark::JSONReporter> file;
  benchmark::BenchmarkReporter* display = &table;
  if (benchmark_flags.format == "json") display = &json;
  if (benchmark_flags.format == "csv") display = &csv;
  benchmark::RunSpecifiedBenchmarks(display, benchmark_flags.out ? &file : nullptr);

  session.progress().clear();
  const auto results = session.results();
  if (benchmark_flags.list) return kAsExpected;
  if (display == &table && !results.empty()) {
    std::cout << "\n" << table_summary(results, options.temperatures);
    for (const Temperature temperature : options.temperatures)
      std::cout << crossovers(results, temperature);
  }
  session.save();
  const auto left_out = session.left_out();
  if (!left_out.empty())
    fmt::print(stderr, "left out: {} of {} problems, for the budget of {} s was spent: {}{}\n",
               left_out.size(), session.problems().size(), flags.budget, left_out.front(),
               left_out.size() > 1 ? ", …" : "");
  return left_out.empty() ? status_of(results) : worse(status_of(results), kNotRun);
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
  command->add_option("--seed", flags->seed, "Seed of inputs and of the blocks' order [1]");
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
      "Exit status: 0 done, 2 a wrong result, 3 an error, an invalid time or nothing to time, "
      "4 bad input, 5 no such backend");
  command->callback([flags, command, &run] {
    run = [flags, extras = command->remaining()] { return bench(*flags, extras); };
  });
}

ExitStatus worse(ExitStatus a, ExitStatus b) {
  for (const ExitStatus status : {kBadUsage, kUnavailable, kWrongResult, kNotRun, kSlower})
    if (a == status || b == status) return status;
  return kAsExpected;
}

}  // namespace poolbench
