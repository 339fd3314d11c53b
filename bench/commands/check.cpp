// poolbench check: correctness only. Runs every contender on every problem and input, and judges it
// by the oracle, by the Plan contract and, for golden files, by the stored numbers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>

#include "bench/commands/check_cases.h"
#include "bench/commands/command.h"
#include "bench/judge/arrays.h"
#include "bench/judge/dump.h"
#include "bench/judge/golden.h"
#include "bench/judge/questions.h"
#include "bench/judge/seed.h"
#include "bench/record/context.h"
#include "bench/record/junit.h"
#include "bench/report/disagreements.h"
#include "bench/select/pattern.h"
#include "bench/select/selection.h"
#include "bench/supervise/case_run.h"
#include "bench/supervise/link.h"
#include "host/file.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;
  std::vector<std::string> golden;
  int64_t fuzz = 0;
  std::string rules;  // a set's name; empty: host/spec.md alone
  std::string fill;
  std::string input;      // the user's array
  std::string seed_text;  // empty: 1 for inputs, so that they are the same each time
  uint64_t seed = 1;
  uint64_t fuzz_seed = 1;    // drawn unless given
  uint64_t sample_seed = 1;  // of the judged outputs, where not all are; secret unless given
  std::string junit, dump;
  std::vector<std::string> disagreements;  // files for the matrix
  std::string against;                     // an earlier one
  RunFlags run;
};

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

// The user's array as the only input of the only problem.
CheckCase case_of_input(const std::vector<Problem>& problems, const std::string& path) {
  if (problems.size() != 1)
    throw BadInput(fmt::format("--input: is for one problem; {} are selected", problems.size()));
  Input input{fmt::format("--input '{}'", path), read_src(path, problems.front())};
  return {problems.front(), {[input = std::move(input)] { return Input(input); }}};
}

std::vector<CheckCase> collect_cases(const Flags& flags) {
  std::vector<CheckCase> cases;
  const std::vector<Problem> problems = select_problems(flags.selection);
  if (!flags.input.empty()) cases.push_back(case_of_input(problems, flags.input));
  for (const Problem& problem : problems) {
    if (!flags.input.empty()) break;
    CheckCase next{problem, {}, flags.fill.empty() && is_large(problem)};
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
  for (const Question& question : all_questions()) {
    if (flags.disagreements.empty()) break;
    for (const Problem& problem : expand_line(question.problem)) {
      Input input{fmt::format("--input '{}'", question.input),
                  src_of_numbers(question.input, problem)};
      cases.push_back({problem, {[input = std::move(input)] { return Input(input); }}});
      cases.back().question = question.name;
    }
  }
  const Pattern filter("--filter", flags.selection.filter);
  for (int64_t i = 0; i < flags.fuzz; ++i) {
    const FuzzCase fuzz = fuzz_case(flags.fuzz_seed, i);
    if (!filter.matches(to_text(fuzz.problem))) continue;
    cases.push_back({fuzz.problem,
                     {[fuzz] { return make_input(fuzz.problem, fuzz.fill, fuzz.fill_seed); }},
                     false,
                     fuzz});
  }
  return cases;
}

void print_failure(const CheckRow& row) {
  fmt::print("{}: {} {}{}{}\n    {}\n{}", info(row.verdict.status).name, row.contender, row.problem,
             row.input.empty() ? "" : " ", row.input, row.verdict.reason, row.worst);
  if (!row.dumped.empty()) fmt::print("    dumped: {}\n", row.dumped);
  if (!row.smallest.empty()) fmt::print("    smallest: {}\n", row.smallest);
}

struct Tally {
  int64_t count[std::size(kStatuses)] = {};                        // by Status
  int64_t errors = 0;                                              // crashes and hangs too
  int64_t differ = 0;                                              // ok rows with known differences
  std::map<std::string, std::pair<int64_t, int64_t>> differences;  // rule: rows, outputs
  int64_t out_of_range = 0;
  double max_error = 0;  // of the accepted outputs
  std::map<std::string, int64_t> refusals;
};

void print_summary(const std::vector<std::string>& contenders, const std::vector<CheckRow>& rows) {
  std::map<std::string, Tally> tallies;
  for (const CheckRow& row : rows) {
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

std::string status_text(const Verdict& verdict) {
  return std::string(differs(verdict) ? kDiffers : info(verdict.status).name);
}

void write_json(const std::string& path, Json context, const std::vector<CheckRow>& rows) {
  Json json = {{"context", std::move(context)}, {"checks", Json::array()}};
  for (const CheckRow& row : rows) {
    Json entry = {{"contender", row.contender},
                  {"problem", row.problem},
                  {"input", row.input},
                  {"kernel", row.verdict.kernel},
                  {"status", status_text(row.verdict)},
                  {"reason", row.verdict.reason}};
    if (!row.smallest.empty()) entry["smallest"] = row.smallest;
    if (!row.dumped.empty()) entry["dumped"] = row.dumped;
    if (row.verdict.comparison) entry["comparison"] = comparison_json(*row.verdict.comparison);
    json["checks"].push_back(std::move(entry));
  }
  write_file(path, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void write_junit(const std::string& path, const std::vector<CheckRow>& rows) {
  std::vector<JUnitCase> cases;
  for (const CheckRow& row : rows)
    cases.push_back({row.contender, row.problem + " " + row.input,
                     row.verdict.status == Status::kOk        ? JUnitCase::kPassed
                     : row.verdict.status == Status::kRefused ? JUnitCase::kSkipped
                     : is_failure(row.verdict.status)         ? JUnitCase::kError
                                                              : JUnitCase::kFailed,
                     row.verdict.reason});
  write_file(path, junit_xml({{"poolbench check", cases}}));
}

bool is_markdown(const std::string& path) { return path.ends_with(".md"); }

// Returns the matrix of --against, if it is given.
nlohmann::ordered_json check_disagreements(const Flags& flags) {
  for (const std::string& path : flags.disagreements) {
    if (!is_markdown(path) && !path.ends_with(".json"))
      throw BadInput(fmt::format("--disagreements: {} ends neither with .md nor with .json", path));
    check_writable(path);
  }
  if (flags.against.empty()) return {};
  return read_disagreements(flags.against);
}

void write_disagreements(const Flags& flags, const nlohmann::ordered_json& before,
                         const std::vector<std::string>& contenders, const Json& versions,
                         const std::vector<CheckRow>& rows) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (const std::string& name : contenders) columns.emplace_back(name, versions.value(name, ""));
  std::vector<Answered> answers;
  for (const CheckRow& row : rows) {
    if (row.question.empty()) continue;
    answers.push_back({row.question,
                       row.contender,
                       status_text(row.verdict),
                       row.answer,
                       row.verdict.reason,
                       {}});
    if (row.verdict.comparison)
      for (const auto& [rule, outputs] : row.verdict.comparison->known_differences)
        answers.back().rules.push_back(rule);
  }
  const auto matrix = disagreements_json(columns, answers);
  std::vector<std::string> changes;
  if (!before.is_null()) changes = changed_cells(matrix, before);
  for (const std::string& change : changes) fmt::print("changed: {}\n", change);
  for (const std::string& path : flags.disagreements)
    write_file(path,
               is_markdown(path) ? disagreements_markdown(matrix, changes) : matrix.dump(1) + "\n");
}

// The flags that another run of a case needs too.
std::string flags_again(const SelectionFlags& selection, const std::string& rules) {
  std::string flags;
  for (const std::string& module : selection.modules) flags += fmt::format(" --module {}", module);
  if (!selection.threads.empty())
    flags += fmt::format(" --threads {}", fmt::join(selection.threads, ","));
  for (const std::string& engine : selection.engines)
    flags += fmt::format(" --engine '{}'", engine);
  if (selection.engine_limit != kEngineLimit)
    flags += fmt::format(" --engine-limit {}", selection.engine_limit);
  if (selection.isolate) flags += " --isolate";
  if (selection.trust_rules) flags += " --trust-rules";
  if (!rules.empty()) flags += " --rules " + rules;
  return flags;
}

Opening open_cases(const Flags& flags) {
  std::vector<CheckCase> cases = collect_cases(flags);
  Backends backends = select_backends(flags.selection);
  if (cases.empty())
    return {nullptr, nothing_ran(why_nothing(
                         flags.selection,
                         "--suite, --problem, --benchdnn, --golden, --fuzz or --disagreements",
                         flags.fuzz > 0))};
  if (backends.contenders.empty()) return {nullptr, nothing_ran("no backend is available")};
  return {std::make_unique<CheckCases>(
      std::move(backends), std::move(cases),
      CheckOptions{flags.seed, flags.sample_seed, flags.rules, flags.dump,
                   flags_again(flags.selection, flags.rules), flags.run.case_limit / 2})};
}

// Draws the seed of random problems: one for this process and the children that it starts, so that
// a case is the same in all of them.
uint64_t drawn_for_all() {
  constexpr const char* kVariable = "POOLBENCH_DRAWN_SEED";
  const char* drawn = std::getenv(kVariable);
  if (part() == Part::kChild && drawn != nullptr) return parse_seed(drawn);
  const uint64_t seed = secret_seed();
  setenv(kVariable, fmt::format("{}", seed).c_str(), 1);
  return seed;
}

void settle_seeds(Flags& flags) {
  const bool random = flags.seed_text == kRandomSeed;
  const bool given = !flags.seed_text.empty() && !random;
  if (flags.run.resume && flags.fuzz > 0 && !given)
    throw BadInput("--resume: random problems are others each time, unless --seed N names them");
  if (given) flags.seed = flags.fuzz_seed = parse_seed(flags.seed_text);
  if (random || (flags.fuzz > 0 && !given)) flags.fuzz_seed = drawn_for_all();
  if (random) flags.seed = flags.fuzz_seed;
  flags.sample_seed = flags.seed_text.empty() ? secret_seed() : flags.seed;
}

ExitStatus check(Flags flags) {
  settle_seeds(flags);
  const OpenCases open = [&] { return open_cases(flags); };
  if (part() == Part::kChild) return serve(open);
  for (const auto* path : {&flags.run.json, &flags.junit}) check_writable(*path);
  const auto before = check_disagreements(flags);
  if (!flags.dump.empty()) make_dump_folder(flags.dump);
  CaseRun run("check", open, flags.run, flags.selection.modules);
  if (!run.has_cases()) return run.status();

  if (flags.fuzz > 0) fmt::print("{} random problems of --seed {}\n", flags.fuzz, flags.fuzz_seed);
  std::vector<CheckRow> rows;
  while (const auto more = run.next())
    for (CheckRow& row : from_exact<std::vector<CheckRow>>(*more)) {
      if (row.verdict.status == Status::kWrong || is_failure(row.verdict.status))
        print_failure(row);
      rows.push_back(std::move(row));
    }
  print_summary(run.opened().contenders, rows);
  const ExitStatus ended = run.finish();
  Json context = run.facts().at("context");
  context["poolbench"]["noted"]["run"] = run.notes();
  context["poolbench"]["left_out"] = run.left_out();
  if (flags.fuzz > 0) context["poolbench"]["noted"]["fuzz_seed"] = flags.fuzz_seed;
  if (!flags.run.json.empty()) write_json(flags.run.json, std::move(context), rows);
  if (!flags.junit.empty()) write_junit(flags.junit, rows);
  if (!flags.disagreements.empty())
    write_disagreements(flags, before, run.opened().contenders, run.facts().at("versions"), rows);
  run.record_is_written();

  std::vector<Status> statuses;
  for (const CheckRow& row : rows) statuses.push_back(row.verdict.status);
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
  auto* fill = command->add_option("--fill", flags->fill,
                                   "Kind of input [all kinds for small problems, integers and "
                                   "uniform for large ones]");
  command
      ->add_option("--input", flags->input,
                   "The input of the one problem that is selected: an array in the layout's axis "
                   "order, .npy")
      ->excludes(fill);
  command->add_option("--dump", flags->dump,
                      "Write each failing case to this folder: input, output and expected output "
                      "as .npy, and the line that runs it again");
  command->add_option("--rules", flags->rules,
                      "Judge by another rule set; see `poolbench list rules` [host/spec.md]");
  auto* disagreements = command->add_option(
      "--disagreements", flags->disagreements,
      "Also ask what implementations disagree about (NaN, ceil, padding, rounding ...), and write "
      "what each contender answers to this file, .md or .json; may be repeated");
  command
      ->add_option("--against", flags->against,
                   "Say which answers are others than in this .json of --disagreements")
      ->needs(disagreements);
  command->add_option("--seed", flags->seed_text,
                      "Seed of inputs and random problems, or 'random' for one that is drawn [1; "
                      "random problems: drawn]");
  command->add_option("--json", flags->run.json, "Write every row to this file");
  command->add_option("--junit", flags->junit, "Write every row to this file as JUnit XML");
  add_run_flags(*command, flags->run);
  command->footer(
      "A library that differs by its own documented rules is not wrong.\n"
      "Example: poolbench check --suite edge --backend naive,openmp --fuzz 1000\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return check(*flags); }; });
}

}  // namespace poolbench
