// poolbench race: which contender is slower, with the error rate of the run itself.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "bench/commands/command.h"
#include "bench/judge/seed.h"
#include "bench/race/planted.h"
#include "bench/race/unpaired.h"
#include "bench/record/copies_file.h"
#include "bench/record/race_record.h"
#include "bench/record/seal.h"
#include "bench/record/stored_record.h"
#include "bench/report/race_table.h"
#include "bench/select/racer.h"
#include "bench/supervise/bench_cases.h"
#include "bench/supervise/case_run.h"
#include "bench/supervise/link.h"
#include "bench/time/block_order.h"
#include "host/file.h"

namespace poolbench {
namespace {

struct Flags {
  SelectionFlags selection;  // of problems
  std::vector<std::string> contenders;
  TimingFlags timing;
  Rules rules;
  double least = 2, same = 3, rate = 5;  // percent
  int blocks = 0;
  bool strict = false, explain = false;
  int aa = 0, trials = 1;
  std::vector<double> plant;         // percent
  std::vector<std::string> records;  // two stored ones, in place of a race
  std::string aa_file = copies_file(), markdown, junit;
  size_t markdown_bytes = 60'000;
  RunFlags run;

  bool is_trial() const { return aa > 0 || !plant.empty(); }
};

// Blocks of a process: whole periods of the order, and as many as an interval wants.
int blocks_for(size_t subjects) {
  constexpr size_t kFewest = 6;
  const size_t period = BlockOrder::period(subjects);
  return int((kFewest + period - 1) / period * period);
}

// Identical contenders, or those that really take longer, in place of what was asked for.
std::vector<Racer> racers_of(const Flags& flags) {
  if (!flags.is_trial()) {
    if (flags.contenders.size() < 2)
      throw BadInput("race needs two contenders or more: --contender NAME --contender NAME");
    return parse_racers(flags.contenders);
  }
  if (flags.contenders.size() > 1)
    throw BadInput("--aa and --plant take one --contender, to be raced against itself");
  if (flags.aa > 0 && !flags.plant.empty())
    throw BadInput("--aa plants nothing: leave out --plant");
  Racer racer = parse_racer(flags.contenders.empty() ? "openmp" : flags.contenders.front());
  if (!flags.plant.empty()) racer.planted = 0;  // what planting itself costs is no slow-down
  std::vector<Racer> racers = {racer};
  const auto add = [&](const std::string& suffix, std::optional<double> planted) {
    Racer another = racer;
    another.name += suffix;
    another.planted = planted;
    racers.push_back(std::move(another));
  };
  if (flags.aa > 0) add("-again", {});
  for (const double percent : flags.plant) {
    std::string number = fmt::format("{:g}", percent);
    std::ranges::replace(number, '.', '_');
    add("-plus-" + number, percent / 100);
  }
  return racers;
}

Rules rules_of(const Flags& flags) {
  Rules rules = flags.rules;
  rules.least_effect = flags.least / 100;
  rules.same = flags.same / 100;
  rules.false_rate = flags.rate / 100;
  return rules;
}

// What can be told from the arguments alone.
struct Asked {
  std::vector<Racer> racers;
  Rules rules;
  BenchOptions options;
};

Asked read_arguments(const Flags& flags) {
  if (part() == Part::kAlone)
    throw BadInput("race compares fresh processes, so --no-supervisor cannot be");
  for (const std::string* path : {&flags.run.json, &flags.markdown, &flags.junit})
    check_writable(*path);
  Asked asked{racers_of(flags), rules_of(flags), {}};
  BenchOptions& options = asked.options = timing_options(flags.timing, secret_seed());
  options.measure.blocks = flags.blocks != 0 ? flags.blocks : blocks_for(2 * asked.racers.size());
  options.measure.submits = 0;
  options.yardsticks = false;
  return asked;
}

Opening open_cases(const Flags& flags, const Asked& asked) {
  auto problems = select_problems(flags.selection);
  if (problems.empty()) return {nullptr, nothing_ran(why_nothing(flags.selection))};
  prepare_to_time();
  std::mt19937_64 random(asked.options.seed);
  return {std::make_unique<BenchCases>(open_racers(asked.racers, planted, random), asked.options,
                                       std::move(problems))};
}

// The races of a run, one or many of them: they go through the same loop.
class Racing {
 public:
  Racing(CaseRun& run, const Asked& asked)
      : run_(run),
        asked_(asked),
        random_(secret_seed()),
        temperatures_(from_exact<std::vector<Temperature>>(run.facts().at("temperatures"))) {
    for (const Opened::Case& one : run.opened().cases) cases_.push_back(one.name);
    for (const Racer& racer : asked.racers) names_.push_back(racer.name);
  }

  // Runs a race to its end, or as far as it goes.
  Race race(std::string_view what) {
    Race race(cases_, temperatures_, names_, asked_.rules);
    processes_ = 0, seconds_ = 0;
    for (auto cases = race.next(); !cases.empty(); cases = race.next()) {
      std::ranges::shuffle(cases, random_);
      run_.plan(label(what, race), std::move(cases));
      if (!process(race)) break;
    }
    return race;
  }
  double seconds() const { return processes_ > 0 ? seconds_ / processes_ : 0; }
  bool is_over() const { return over_; }
  RunNotes& notes() { return notes_; }

 private:
  static std::string label(std::string_view what, const Race& race) {
    return race.is_second_part()
               ? fmt::format("{}, again {} of {},", what, race.again() + 1, race.rules().confirming)
               : fmt::format("{}, process {} of at most {},", what, race.first() + 1,
                             race.processes());
  }
  // Returns whether there may be another one.
  bool process(Race& race) {
    bool any = false;
    while (const auto rows = run_.next()) {
      race.add(run_.at(), from_exact<CaseResult>(rows->at("result")));
      merge_gpus(notes_.gpus, rows->at("gpus"));
      notes_.seeds.insert(rows->at("seed").get<uint64_t>());
      any = true;
    }
    ++processes_;
    seconds_ += run_.seconds();
    over_ = run_.is_over() || !any;
    return !over_;
  }

  CaseRun& run_;
  const Asked& asked_;
  std::mt19937_64 random_;
  std::vector<Temperature> temperatures_;
  std::vector<std::string> cases_, names_;
  RunNotes notes_;
  int processes_ = 0;
  double seconds_ = 0;
  bool over_ = false;
};

// The command that races a row again.
std::string repeat_command(const Flags& flags, const Race& race, const Row& row) {
  std::string command = "poolbench race";
  if (flags.rules.gate) command += " --gate";
  for (const std::string& contender : flags.contenders)
    if (const std::string name = parse_racer(contender).name;
        name == row.base || name == row.contender)
      command += " --contender " + contender;
  return command + fmt::format(" --{} --problem '{}'", temperature_name(row.temperature),
                               race.cases()[row.of_case]);
}

void end_notes(CaseRun& run, RunNotes& notes) {
  notes.context = run.facts().at("context");
  notes.run = run.notes();
  notes.left_out = run.left_out();
}

ExitStatus race_once(const Flags& flags, CaseRun& run, Racing& racing) {
  const Race race = racing.race("race");
  const ExitStatus ended = run.finish();
  end_notes(run, racing.notes());
  RaceOutcome outcome = outcome_of(
      race, racing.seconds(), [&](const Row& row) { return repeat_command(flags, race, row); });
  outcome.machine = add_to_copies_file(flags.aa_file, racing.notes().context, outcome.copies);
  if (!flags.run.json.empty())
    write_file(flags.run.json, seal(line_of(race_json(outcome, racing.notes()))));
  run.record_is_written();
  if (!flags.markdown.empty())
    write_file(flags.markdown, race_markdown(outcome, flags.markdown_bytes));
  if (!flags.junit.empty()) write_file(flags.junit, race_junit(outcome));
  std::cout << race_table(outcome, flags.explain) << std::flush;
  return worse(race_status(outcome, flags.strict), ended);
}

// As many races as were asked for, of contenders of which the truth is known.
ExitStatus race_often(const Flags& flags, const Asked& asked, CaseRun& run, Racing& racing) {
  std::vector<Tally> tallies;
  for (size_t i = 1; i < asked.racers.size(); ++i)
    tallies.push_back(
        {.contender = asked.racers[i].name, .planted = asked.racers[i].planted.value_or(0)});
  CopyCount copies;
  const int races = flags.aa > 0 ? flags.aa : flags.trials;
  for (int i = 0; i < races && !racing.is_over(); ++i) {
    const Race race = racing.race(fmt::format("race {} of {}", i + 1, races));
    if (racing.is_over()) break;  // half a race says nothing
    const RaceOutcome outcome =
        outcome_of(race, racing.seconds(), [](const Row&) { return std::string(); });
    for (Tally& tally : tallies) tally.add(outcome);
    copies.add(outcome.copies);
  }
  const ExitStatus ended = run.finish();
  end_notes(run, racing.notes());
  const CopyCount machine = add_to_copies_file(flags.aa_file, racing.notes().context, copies);
  if (!flags.run.json.empty())
    write_file(flags.run.json,
               seal(line_of(trials_json(tallies, asked.rules, copies, racing.notes()))));
  run.record_is_written();
  const ShareInterval rate = wilson(machine.alarms, machine.pairs);
  std::cout << tally_table(tallies)
            << fmt::format(
                   "Copies on this machine so far: {} alarms of {} pairs, at most {:.2f} %\n",
                   machine.alarms, machine.pairs, 100 * rate.high);
  const bool whole = !tallies.empty() && tallies.front().races == races;
  return worse(ended,
               whole && tallies.front().rows > tallies.front().others ? kAsExpected : kNotRun);
}

// Judges two runs that are over.
ExitStatus race_records(const Flags& flags) {
  for (const std::string* path : {&flags.markdown, &flags.junit}) check_writable(*path);
  const SelectionFlags& selected = flags.selection;
  if (!selected.suites.empty() || !selected.problems.empty() || !selected.benchdnn.empty() ||
      !selected.filter.empty())
    throw BadInput(
        "--records judges all rows: no --suite, --problem, --benchdnn or --filter goes with it");
  if (!flags.contenders.empty() || flags.is_trial() || !flags.run.json.empty())
    throw BadInput("--records runs nothing: no --contender, --aa, --plant or --json goes with it");
  const StoredRecord base = read_record(flags.records[0]), head = read_record(flags.records[1]);
  check_comparable(base, head);
  const RaceOutcome outcome = unpaired_outcome(base.cases, head.cases, rules_of(flags));
  if (!flags.markdown.empty())
    write_file(flags.markdown, race_markdown(outcome, flags.markdown_bytes));
  if (!flags.junit.empty()) write_file(flags.junit, race_junit(outcome));
  std::cout << race_table(outcome, flags.explain) << std::flush;
  return race_status(outcome, flags.strict);
}

ExitStatus race(const Flags& flags) {
  if (!flags.records.empty()) return race_records(flags);
  const Asked asked = read_arguments(flags);
  const OpenCases open = [&] { return open_cases(flags, asked); };
  if (part() == Part::kChild) return serve(open);
  CaseRun run("race", open, flags.run, modules_of(asked.racers));
  if (!run.has_cases()) return run.status();
  Racing racing(run, asked);
  return flags.is_trial() ? race_often(flags, asked, run, racing) : race_once(flags, run, racing);
}

void add_rules(CLI::App& command, Flags& flags) {
  Rules& rules = flags.rules;
  command.add_flag("--gate", rules.gate,
                   "Exit status 1 where something is SLOWER; at least 20 processes, and a refusal "
                   "is a case that is MISSING");
  command.add_flag("--strict", flags.strict, "Exit status 3 where something is UNRESOLVED");
  command
      .add_option("--processes", rules.processes,
                  "Fresh processes at most [as many as find an effect that 9 of 10 show, with a "
                  "probability of 90 %]")
      ->check(CLI::Range(6, int(Rules::kMostProcesses)));
  command
      .add_option("--confirm", rules.confirming,
                  "Fresh processes in which what seems to differ runs again [12]")
      ->check(CLI::Range(6, 1000));
  command.add_option("--least", flags.least, "Percent that count as SLOWER or FASTER [2]")
      ->check(CLI::Range(0.0, 1000.0));
  command.add_option("--same", flags.same, "Percent on either side that count as SAME [3]")
      ->check(CLI::Range(0.0, 1000.0));
  command
      .add_option("--false-rate", flags.rate,
                  "Percent of the verdicts that may be false on average [5]")
      ->check(CLI::Range(1e-6, 50.0));
  command
      .add_option("--copies-factor", rules.copies_factor,
                  "An effect must be so many times what contenders differ from copies of "
                  "themselves [3]")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_race(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("race", "Who is slower, judged over fresh processes");
  auto flags = std::make_shared<Flags>();
  command
      ->add_option("--contender", flags->contenders,
                   "[NAME=]BACKEND[.KERNEL], or NAME=BACKEND@FILE from a module; the first one is "
                   "what the others are compared with")
      ->take_all();
  add_problem_flags(*command, flags->selection);
  add_timing_flags(*command, flags->timing);
  add_rules(*command, *flags);
  command->add_option("--blocks", flags->blocks, "Samples a contender in each process [6 or more]")
      ->check(CLI::Range(1, 10'000));
  command
      ->add_option("--aa", flags->aa,
                   "Race a contender against itself so often: how often is it called slower?")
      ->check(CLI::Range(1, 100'000));
  command
      ->add_option("--plant", flags->plant,
                   "Race a contender against itself made so many percent slower: is it found?")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1000.0));
  command->add_option("--trials", flags->trials, "Races of --plant [1]")
      ->check(CLI::Range(1, 100'000));
  command
      ->add_option(
          "--records", flags->records,
          "Judge two records of `bench --json` instead, BASE.json HEAD.json, by wider rules")
      ->expected(2);
  command->add_option("--aa-file", flags->aa_file,
                      fmt::format("What copies have shown on this machine [{}]", copies_file()));
  command->add_flag("--explain", flags->explain, "A sentence a row: why this verdict");
  command->add_option("--markdown", flags->markdown, "Write a table for a pull request");
  command->add_option("--markdown-bytes", flags->markdown_bytes, "Its greatest length [60000]")
      ->check(CLI::Range(500, 10'000'000));
  command->add_option("--junit", flags->junit,
                      "Write JUnit XML: correctness, performance and missing are suites");
  command->add_option("--json", flags->run.json, "Write all ratios and verdicts to this file");
  command
      ->add_option("--budget", flags->run.budget,
                   "Seconds after which no further problem begins; the exit status is then 3")
      ->check(CLI::PositiveNumber);
  add_run_flags(*command, flags->run);
  command->footer(
      "A row is SLOWER or FASTER where bets on the signs of its ratios, one a process, won enough "
      "(false discovery rate over all rows), the effect is 2 % and 3 times what copies differ, and "
      "fresh processes say the same again. SAME is shown too; all else is UNRESOLVED, with what "
      "would resolve it.\n"
      "Example: poolbench race --gate --contender base=openmp@base.so --contender "
      "head=openmp@head.so --suite smoke --hot\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return race(*flags); }; });
}

}  // namespace poolbench
