// What a race came to, for reports; and what many of them came to, where the truth is known.
#ifndef POOLBENCH_BENCH_RACE_OUTCOME_H_
#define POOLBENCH_BENCH_RACE_OUTCOME_H_

#include <functional>
#include <optional>

#include "bench/race/race.h"
#include "bench/status.h"

namespace poolbench {

struct RaceRow {
  std::string problem;
  Row row;
  Ruling ruling;
  std::string repeat;  // the command that repeats it

  bool has_verdict() const { return row.status == Status::kOk; }
  // "SLOWER", or the status of a row without a verdict.
  std::string_view word() const {
    return has_verdict() ? speed_name(ruling.speed) : info(row.status).name;
  }
};

struct RaceOutcome {
  std::vector<RaceRow> rows;
  std::vector<std::string> alarms;  // of copies
  CopyCount copies;                 // of this race
  CopyCount machine;                // and of all on this machine so far
  Rules rules;
  size_t family = 0;
  int first = 0, most = 0, again = 0;  // processes
  double seconds = 0;                  // of one
  std::string_view unpaired;           // of stored runs (unpaired.h): why their rules are wider
};
// `repeat`: the command that repeats a row.
RaceOutcome outcome_of(const Race& race, double seconds,
                       const std::function<std::string(const Row&)>& repeat);

// 1 with --gate where something is SLOWER, 2 where something is wrong, 3 where something did not
// run, or with `strict` is UNRESOLVED, or nothing ran.
ExitStatus race_status(const RaceOutcome& outcome, bool strict);

// A row of which the truth is known.
struct Trial {
  std::string problem, word;  // word(): the verdict, or the status
  Temperature temperature = Temperature::kCold;
  double copies_half_width = kNone, least_seen = kNone;
  // Of the median over the first processes, whose number depends on nothing: how far off it is, and
  // whether its interval, if it has one, holds the truth.
  double error = kNone;
  std::optional<bool> covers;
};

// Rows whose contender takes `planted` longer, over several races.
struct Tally {
  std::string contender;
  double planted = 0;
  int64_t races = 0, alarmed = 0;  // races whose copies differed
  int64_t rows = 0, slower = 0, faster = 0, same = 0, unresolved = 0, others = 0;
  std::vector<Trial> trials;  // one a row
  // Intervals that hold the planted effect, and how far off their medians are.
  int64_t intervals = 0, covering = 0;
  double level = kNone;  // that they should have
  std::vector<double> errors;
  // Rows whose copies were within 1.2 %, and of those the SLOWER ones.
  int64_t quiet = 0, quiet_slower = 0;
  // Rows that said that they would have seen an effect like the planted one, and saw it.
  int64_t visible = 0, seen = 0;

  void add(const RaceOutcome& outcome);
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_OUTCOME_H_
