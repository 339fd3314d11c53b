// poolbench check: correctness only. Runs every contender on every problem and input, and judges it
// by the oracle, by the Plan contract and, for golden files, by the stored numbers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "bench/commands/command.h"
#include "bench/judge/certificate.h"
#include "bench/judge/emulation.h"
#include "bench/judge/golden.h"
#include "bench/judge/seed.h"
#include "bench/judge/verify.h"
#include "bench/record/context.h"
#include "bench/record/junit.h"
#include "bench/select/pattern.h"
#include "bench/select/selection.h"
#include "bench/supervise/case_run.h"
#include "bench/supervise/link.h"
#include "host/file.h"
#include "host/fuzz.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;
  std::vector<std::string> golden;
  int64_t fuzz = 0;
  std::string fill;
  std::string seed_text;  // empty: 1 for inputs, so that they are the same each time
  uint64_t seed = 1;
  uint64_t sample_seed = 1;  // of the judged outputs, where not all are; secret unless given
  std::string junit;
  RunFlags run;
};

// A problem and its inputs, made when they are needed.
struct Case {
  Problem problem;
  std::vector<std::function<Input()>> inputs;
  bool certificate = false;  // too large for every kind of input: a small problem is judged on them
};

struct Row {
  std::string contender, problem, input;
  Verdict verdict;
  std::string worst;  // the comparison's worst points, for people
};
template <class F>
void fields(F& field, Row& row) {
  field("contender", row.contender);
  field("problem", row.problem);
  field("input", row.input);
  field("verdict", row.verdict);
  field("worst", row.worst);
}

bool is_large(const Problem& problem) {
  return problem.src_count() + problem.dst_count() > kAllKinds;
}

// A large problem is run on an input whose right answers are exact and one where everything is
// rounded, and a small one like it on every kind.
std::vector<FillKind> kinds_for(const Problem& problem, const Flags& flags) {
  if (!flags.fill.empty()) return {parse_fill(flags.fill)};
  if (is_large(problem)) return {FillKind::kIntegers, FillKind::kUniform};
  std::vector<FillKind> kinds;
  for (const FillInfo& info : fill_kinds()) kinds.push_back(info.kind);
  return kinds;
}

// Returns how an output misses a golden file's numbers, or nothing.
std::string missed(const Golden& golden, const Outcome& outcome) {
  const Comparison comparison = compare_golden(golden, outcome.dst(), outcome.indices());
  if (comparison.ok()) return {};
  return fmt::format("{} of {} golden numbers are missed:\n{}", comparison.wrong,
                     comparison.outputs, describe_worst(golden.problem, comparison));
}

std::vector<Case> collect_cases(const Flags& flags) {
  std::vector<Case> cases;
  for (const Problem& problem : select_problems(flags.selection)) {
    Case next{problem, {}, flags.fill.empty() && is_large(problem)};
    for (const FillKind kind : kinds_for(problem, flags))
      next.inputs.push_back([=, seed = flags.seed] { return make_input(problem, kind, seed); });
    cases.push_back(std::move(next));
  }
  for (const auto& path : flags.golden)
    for (const Golden& golden : read_golden(path))
      cases.push_back({golden.problem, {[golden] {
                         return Input{"golden " + golden.file, golden_src(golden),
                                      [golden](const Outcome& o) { return missed(golden, o); }};
                       }}});
  const Pattern filter("--filter", flags.selection.filter);
  for (int64_t i = 0; i < flags.fuzz; ++i) {
    const FuzzCase fuzz = fuzz_case(flags.seed, i);
    if (!filter.matches(to_text(fuzz.problem))) continue;
    cases.push_back(
        {fuzz.problem, {[fuzz] { return make_input(fuzz.problem, fuzz.fill, fuzz.fill_seed); }}});
  }
  return cases;
}

void print_failure(const Row& row) {
  fmt::print("{}: {} {}{}{}\n    {}\n{}", info(row.verdict.status).name, row.contender, row.problem,
             row.input.empty() ? "" : " ", row.input, row.verdict.reason, row.worst);
}

// The problems of a run, and what judges the contenders on them.
class CheckCases : public Cases {
 public:
  CheckCases(Backends backends, std::vector<Case> cases, const Flags& flags)
      : backends_(std::move(backends)),
        cases_(std::move(cases)),
        sample_seed_(flags.sample_seed),
        certificates_(flags.seed) {
    for (const Case& c : cases_) {
      const double elements = double(c.problem.src_count() + c.problem.dst_count() + 10'000);
      opened_.cases.push_back({to_text(c.problem), elements * double(c.inputs.size())});
    }
    for (const Contender& contender : backends_.contenders)
      opened_.contenders.push_back(contender.name());
    opened_.facts = {{"context", run_context(backends_.families)}};
  }

  const Opened& opened() const override { return opened_; }
  std::string lost_device() const override { return poolbench::lost_device(backends_.contenders); }
  Json run(size_t index, const SetAside& set_aside) override {
    const Case& c = cases_[index];
    std::vector<Prepared> prepared;
    for (const Contender& contender : backends_.contenders) {
      const auto aside = set_aside.find(contender.name());
      prepared.push_back(aside == set_aside.end() ? prepare(contender, c.problem)
                                                  : Prepared{contender, nullptr, aside->second});
    }
    for (const Prepared& one : prepared)
      if (one.plan != nullptr)
        fmt::print(stderr, "{}",
                   slow_emulation(one.contender, c.problem, int64_t(c.inputs.size())));
    std::vector<Row> rows;
    for (size_t i = 0; i < c.inputs.size(); ++i) judge(c, c.inputs[i], i == 0, prepared, rows);
    if (c.certificate)
      for (const Prepared& one : prepared)
        if (one.plan != nullptr)
          add({one.contender.name(), to_text(c.problem), "every kind of input on a small problem",
               certificates_.judge(one, c.problem), ""},
              c.problem, rows);
    return to_exact(rows);
  }

 private:
  // Judges all contenders on an input. Those without a plan have a row on the first one only.
  void judge(const Case& c, const std::function<Input()>& make, bool first,
             const std::vector<Prepared>& prepared, std::vector<Row>& rows) const {
    std::optional<Input> input;
    std::optional<Judge> judge;
    std::string failure;
    const bool any = std::ranges::any_of(prepared, [](const Prepared& p) { return bool(p.plan); });
    try {
      if (any) judge.emplace(c.problem, input.emplace(make()), sample_seed_);
    } catch (const std::exception& error) {  // out of memory: the run goes on
      failure = error.what();
    }
    for (const Prepared& one : prepared) {
      if (one.plan == nullptr && !first) continue;
      Row row{one.contender.name(), to_text(c.problem), input ? input->name : "", one.verdict, ""};
      if (!failure.empty() && one.plan != nullptr) {
        row.verdict.status = Status::kError;
        row.verdict.reason = failure;
      } else if (judge) {
        row.verdict = judge->verify(one);
      }
      add(std::move(row), c.problem, rows);
    }
  }
  static void add(Row row, const Problem& problem, std::vector<Row>& rows) {
    if (!has_time(row.verdict.status) && row.verdict.comparison)
      row.worst = describe_worst(problem, *row.verdict.comparison);
    rows.push_back(std::move(row));
  }

  Backends backends_;
  std::vector<Case> cases_;
  uint64_t sample_seed_;
  Certificates certificates_;
  Opened opened_;
};

struct Tally {
  int64_t count[std::size(kStatuses)] = {};                        // by Status
  int64_t errors = 0;                                              // crashes and hangs too
  int64_t differ = 0;                                              // ok rows with known differences
  std::map<std::string, std::pair<int64_t, int64_t>> differences;  // rule: rows, outputs
  int64_t out_of_range = 0;
  double max_error = 0;  // of the accepted outputs
  std::map<std::string, int64_t> refusals;
};

void print_summary(const std::vector<std::string>& contenders, const std::vector<Row>& rows) {
  std::map<std::string, Tally> tallies;
  for (const Row& row : rows) {
    Tally& tally = tallies[row.contender];
    ++tally.count[static_cast<int>(row.verdict.status)];
    tally.differ += differs(row.verdict);
    tally.errors += is_failure(row.verdict.status);
    if (row.verdict.status == Status::kRefused) ++tally.refusals[row.verdict.reason];
    if (!row.verdict.comparison) continue;
    for (const auto& [rule, outputs] : row.verdict.comparison->known_differences) {
      ++tally.differences[rule].first;
      tally.differences[rule].second += outputs;
    }
    tally.out_of_range += row.verdict.comparison->out_of_range;
    tally.max_error = std::max(tally.max_error, row.verdict.comparison->max_error);
  }
  size_t width = 10;
  for (const std::string& contender : contenders) width = std::max(width, contender.size());
  fmt::print("{:<{}}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>12}\n", "contender", width,
             "right", "differ", "wrong", "errors", "refused", "error", "out of range");
  for (const std::string& contender : contenders) {
    const Tally& tally = tallies[contender];
    fmt::print("{:<{}}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>7.0f}%  {:>12}\n", contender, width,
               tally.count[static_cast<int>(Status::kOk)] - tally.differ, tally.differ,
               tally.count[static_cast<int>(Status::kWrong)], tally.errors,
               tally.count[static_cast<int>(Status::kRefused)], 100 * tally.max_error,
               tally.out_of_range);
  }
  for (const std::string& contender : contenders)
    for (const auto& [rule, count] : tallies[contender].differences)
      fmt::print("{} known difference in {} cases, {} outputs: {}\n", contender, count.first,
                 count.second, rule);
  for (const std::string& contender : contenders)
    for (const auto& [reason, count] : tallies[contender].refusals)
      fmt::print("{} refused {}: {}\n", contender, count, reason);
}

void write_json(const std::string& path, Json context, const std::vector<Row>& rows) {
  Json json = {{"context", std::move(context)}, {"checks", Json::array()}};
  for (const Row& row : rows) {
    Json entry = {{"contender", row.contender},
                  {"problem", row.problem},
                  {"input", row.input},
                  {"kernel", row.verdict.kernel},
                  {"status", differs(row.verdict) ? kDiffers : info(row.verdict.status).name},
                  {"reason", row.verdict.reason}};
    if (row.verdict.comparison) entry["comparison"] = comparison_json(*row.verdict.comparison);
    json["checks"].push_back(std::move(entry));
  }
  write_file(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void write_junit(const std::string& path, const std::vector<Row>& rows) {
  std::vector<JUnitCase> cases;
  for (const Row& row : rows)
    cases.push_back({row.contender, row.problem + " " + row.input,
                     row.verdict.status == Status::kOk        ? JUnitCase::kPassed
                     : row.verdict.status == Status::kRefused ? JUnitCase::kSkipped
                     : is_failure(row.verdict.status)         ? JUnitCase::kError
                                                              : JUnitCase::kFailed,
                     row.verdict.reason});
  write_file(path, junit_xml({{"poolbench check", cases}}));
}

Opening open_cases(const Flags& flags) {
  std::vector<Case> cases = collect_cases(flags);
  Backends backends = select_backends(flags.selection);
  if (cases.empty())
    return {nullptr,
            nothing_ran(why_nothing(flags.selection, "--suite, --problem, --golden or --fuzz",
                                    flags.fuzz > 0))};
  if (backends.contenders.empty()) return {nullptr, nothing_ran("no backend is available")};
  return {std::make_unique<CheckCases>(std::move(backends), std::move(cases), flags)};
}

ExitStatus check(const Flags& flags) {
  for (const auto* path : {&flags.run.json, &flags.junit}) check_writable(*path);
  const OpenCases open = [&] { return open_cases(flags); };
  if (part() == Part::kChild) return serve(open);
  CaseRun run("check", open, flags.run, flags.selection.modules);
  if (!run.has_cases()) return run.status();

  std::vector<Row> rows;
  while (const auto more = run.next())
    for (Row& row : from_exact<std::vector<Row>>(*more)) {
      if (row.verdict.status == Status::kWrong || is_failure(row.verdict.status))
        print_failure(row);
      rows.push_back(std::move(row));
    }
  print_summary(run.opened().contenders, rows);
  const ExitStatus ended = run.finish();
  Json context = run.facts().at("context");
  context["poolbench"]["noted"]["run"] = run.notes();
  context["poolbench"]["left_out"] = run.left_out();
  if (!flags.run.json.empty()) write_json(flags.run.json, std::move(context), rows);
  if (!flags.junit.empty()) write_junit(flags.junit, rows);
  run.record_is_written();

  std::vector<Status> statuses;
  for (const Row& row : rows) statuses.push_back(row.verdict.status);
  const ExitStatus status = finish(statuses);
  return worse(status, ended);
}

}  // namespace

void add_check(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("check", "Correctness of every backend, without timing");
  auto flags = std::make_shared<Flags>();
  add_problem_flags(*command, flags->selection);
  add_backend_flags(*command, flags->selection);
  command->add_option("--golden", flags->golden, "Golden file or folder; may be repeated")
      ->take_all();
  command->add_option("--fuzz", flags->fuzz, "This many random problems")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--fill", flags->fill,
                      "Kind of input [all kinds for small problems, integers and uniform for "
                      "large ones]");
  command->add_option("--seed", flags->seed_text,
                      "Seed of inputs and random problems, or 'random' for one that is drawn [1]");
  command->add_option("--json", flags->run.json, "Write every row to this file");
  command->add_option("--junit", flags->junit, "Write every row to this file as JUnit XML");
  add_run_flags(*command, flags->run);
  command->footer(
      "A library that differs by its own documented rules is not wrong.\n"
      "Example: poolbench check --suite edge --backend naive,openmp --fuzz 1000\n" +
      exit_status_help());
  command->callback([flags, &run] {
    run = [flags] {
      if (!flags->seed_text.empty()) flags->seed = parse_seed(flags->seed_text);
      flags->sample_seed = flags->seed_text.empty() ? secret_seed() : flags->seed;
      return check(*flags);
    };
  });
}

}  // namespace poolbench
