#include "bench/report/google_benchmark.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "bench/select/pattern.h"
#include "host/file.h"

namespace poolbench {
namespace {

// Flags with a closed list of values. For any other value Google Benchmark prints its usage and
// exits with 0.
struct Choice {
  std::string_view flag;
  std::vector<std::string_view> values;
};
const Choice kChoices[] = {
    {"format", {"console", "json", "csv"}},
    {"out_format", {"json", "csv", "console"}},
    {"time_unit", {"ns", "us", "ms", "s"}},
};

// Flags of Google Benchmark's own measuring loop, which does not run here.
struct NoEffect {
  std::string_view flag, instead;
};
constexpr NoEffect kNoEffect[] = {
    {"min_time", "--sample-ms sets the length of a sample, --blocks their number"},
    {"min_warmup_time", "every contender is warmed up"},
    {"enable_random_interleaving", "contenders are always interleaved"},
    {"perf_counters", "none are read"},
};

// The parts of a --benchmark_ argument. A flag without a value means true.
struct Argument {
  std::string flag, value;
};

Argument parse_argument(const std::string& text) {
  const std::string_view start = "--benchmark_";
  if (!text.starts_with(start))
    throw BadInput(fmt::format("bench: '{}' is an unknown argument; see bench --help", text));
  const size_t equals = std::min(text.find('='), text.size());
  const std::string flag = text.substr(start.size(), equals - start.size());
  const std::string value = equals < text.size() ? text.substr(equals + 1) : "true";
  for (const Choice& choice : kChoices)
    if (choice.flag == flag && std::ranges::find(choice.values, value) == choice.values.end())
      throw BadInput(fmt::format("--benchmark_{}: '{}' is unknown; one of {}", flag, value,
                                 fmt::join(choice.values, ", ")));
  for (const NoEffect& one : kNoEffect)
    if (one.flag == flag)
      throw BadInput(fmt::format("--benchmark_{} has no effect here: {}", flag, one.instead));
  return {flag, value};
}

int parse_repetitions(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1)
    throw BadInput(fmt::format("--benchmark_repetitions: '{}' is not a positive number", text));
  return value;
}

using Run = benchmark::BenchmarkReporter::Run;

// Removes Google Benchmark's suffixes from row names before another reporter sees them. Corrects
// two faults of version 1.7's CSV reporter: it writes the run's context before the header of a
// file, and it scales ratios (`_cv`) as if they were times.
template <class Inner, bool kIsCsv = false>
class Corrected : public Inner {
 public:
  using Inner::Inner;
  bool ReportContext(const benchmark::BenchmarkReporter::Context& context) override {
    return kIsCsv || Inner::ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    std::vector<Run> corrected = runs;
    for (Run& run : corrected) {
      const std::string name = run.run_name.str();
      run.run_name = {};
      run.run_name.function_name = name.substr(0, name.find("/iterations:"));
      run.cpu_accumulated_time = run.real_accumulated_time;  // else it would be the replay's
      if (kIsCsv && run.aggregate_unit == benchmark::kPercentage) {
        run.time_unit = benchmark::kSecond;  // scale by 1
        run.iterations = 0;                  // do not divide
        run.report_rms = true;               // print no unit
      }
    }
    Inner::ReportRuns(corrected);
  }
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // deprecated in 2017, still there
using CsvReporter = Corrected<benchmark::CSVReporter, true>;
#pragma GCC diagnostic pop

// Prints nothing: our table is printed instead.
class Silent : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>&) override {}
};

std::unique_ptr<benchmark::BenchmarkReporter> make_reporter(const std::string& format) {
  if (format == "json") return std::make_unique<Corrected<benchmark::JSONReporter>>();
  if (format == "csv") return std::make_unique<CsvReporter>();
  return std::make_unique<Corrected<benchmark::ConsoleReporter>>(
      benchmark::ConsoleReporter::OO_None);
}

// Replays the next sample of a row, as one repetition.
void replay_sample(benchmark::State& state, const Record& record, size_t& next) {
  if (!has_time(record.status)) {
    state.SkipWithError(fmt::format("{}: {}", info(record.status).name, record.reason).c_str());
    return;
  }
  const double seconds = record.series.seconds[next++ % record.series.seconds.size()];
  for (auto _ : state) state.SetIterationTime(seconds);
  state.counters["bytes_per_second"] = double(record.traffic.total()) / seconds;
  if (!record.ceiling.empty()) state.counters["share"] = record.ceiling_seconds / seconds;
}

}  // namespace

BenchmarkFlags read_benchmark_flags(const std::vector<std::string>& arguments) {
  BenchmarkFlags flags;
  bool out_format_given = false;
  static std::vector<std::string> args;  // the reporters keep pointers into these
  args = {"poolbench"};
  for (const std::string& text : arguments) {
    const auto [flag, value] = parse_argument(text);
    if (flag == "filter")
      flags.filter = value;
    else if (flag == "format")
      flags.format = value;
    else if (flag == "out_format")
      flags.out_format = value, out_format_given = true;
    else if (flag == "list_tests")
      flags.list = value != "false" && value != "0";
    else if (flag == "repetitions")
      flags.repetitions = parse_repetitions(value);
    else
      args.push_back(text);
    if (flag == "out") check_writable(flags.out = value);
  }
  if (out_format_given && flags.out.empty())
    throw BadInput(
        "--benchmark_out_format: names the format of --benchmark_out=FILE, which is not given");
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  auto argc = static_cast<int>(argv.size());
  benchmark::SetDefaultTimeUnit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv.data());
  if (argc > 1) throw BadInput(fmt::format("bench: Google Benchmark does not know '{}'", argv[1]));
  return flags;
}

std::function<bool(const std::string&)> row_filter(const std::string& filter) {
  if (filter == "all") return [](const std::string&) { return true; };
  const bool negative = filter.starts_with('-');
  const Pattern pattern("--benchmark_filter", filter.substr(negative ? 1 : 0));
  return [=](const std::string& name) { return pattern.matches(name) != negative; };
}

// Registers each row as a benchmark that replays its samples. Google Benchmark's own loop could not
// time contenders in blocks.
void report(const std::vector<CaseResult>& cases, const BenchmarkFlags& flags) {
  const bool display = flags.format != "console";
  if (cases.empty() || (!display && flags.out.empty())) return;
  for (const CaseResult& result : cases)
    for (const Record& record : result.records) {
      const size_t samples = std::max<size_t>(record.series.seconds.size(), 1);
      benchmark::RegisterBenchmark(record.name().c_str(),
                                   [&record, next = size_t{0}](benchmark::State& state) mutable {
                                     replay_sample(state, record, next);
                                   })
          ->Iterations(1)
          ->Repetitions(static_cast<int>(samples))
          ->UseManualTime();
    }
  Silent silent;
  const auto shown = display ? make_reporter(flags.format) : nullptr;
  const auto file = flags.out.empty() ? nullptr : make_reporter(flags.out_format);
  benchmark::RunSpecifiedBenchmarks(display ? shown.get() : &silent, file.get());
}

}  // namespace poolbench
