#include "bench/report/replay.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>

#include "bench/report/table.h"
#include "host/file.h"

namespace poolbench {
namespace {

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
  explicit TableReporter(Session& session)
      : session_(session), temperatures_(session.bencher().options().temperatures) {
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
  const std::vector<Temperature>& temperatures_;
  std::map<std::string, size_t> by_text_;
  std::set<size_t> printed_;
};

// One repetition of a row: the next of its samples.
void replay_sample(benchmark::State& state, const CaseResult* result, size_t at, size_t& next) {
  if (result == nullptr) {
    state.SkipWithError("left out: the time was up");
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

void register_rows(Session& session) {
  const Bencher& bencher = session.bencher();
  const auto& contenders = bencher.contenders();
  const auto& temperatures = bencher.options().temperatures;
  for (size_t problem = 0; problem < session.problems().size(); ++problem)
    for (size_t t = 0; t < temperatures.size(); ++t)
      for (size_t c = 0; c < contenders.size(); ++c) {
        const std::string name =
            fmt::format("{}/{}/{}", contenders[c].name(), to_text(session.problems()[problem]),
                        temperature_name(temperatures[t]));
        benchmark::RegisterBenchmark(name.c_str(),
                                     [&session, problem, at = bencher.record_at(c, t),
                                      next = size_t{0}](benchmark::State& state) mutable {
                                       replay_sample(state, session.result(problem), at, next);
                                     })
            ->Iterations(1)
            ->Repetitions(bencher.options().measure.blocks)
            ->ReportAggregatesOnly(false)
            ->UseManualTime()
            ->Unit(benchmark::kMicrosecond);
      }
}

}  // namespace

BenchmarkFlags initialize_benchmark(const std::vector<std::string>& arguments) {
  BenchmarkFlags flags;
  static std::vector<std::string> args;  // the reporters' context keeps pointers into these
  args = {"poolbench"};
  for (const std::string& extra : arguments) {
    if (extra.rfind("--benchmark_", 0) != 0)
      throw BadInput(fmt::format("bench: '{}' is an unknown argument; see bench --help", extra));
    const auto value = [&](std::string_view flag) -> std::optional<std::string> {
      const std::string start = fmt::format("--benchmark_{}=", flag);
      if (extra.rfind(start, 0) != 0) return std::nullopt;
      return extra.substr(start.size());
    };
    if (const auto format = value("format")) flags.format = *format;
    if (const auto out = value("out")) {
      check_writable(*out);
      flags.out = true;
    }
    if (const auto list = value("list_tests")) flags.list = *list != "false" && *list != "0";
    if (extra == "--benchmark_list_tests") flags.list = true;
    if (const auto repetitions = value("repetitions")) {
      flags.repetitions = std::atoi(repetitions->c_str());
      if (flags.repetitions < 1)
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

void replay(Session& session, const BenchmarkFlags& flags) {
  register_rows(session);
  TableReporter table(session);
  PlainNames<benchmark::JSONReporter> json, file;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // announced since 2017, still there
  PlainNames<benchmark::CSVReporter> csv;
#pragma GCC diagnostic pop
  benchmark::BenchmarkReporter* display = &table;
  if (flags.format == "json") display = &json;
  if (flags.format == "csv") display = &csv;
  benchmark::RunSpecifiedBenchmarks(display, flags.out ? &file : nullptr);
  session.progress().clear();
}

}  // namespace poolbench
