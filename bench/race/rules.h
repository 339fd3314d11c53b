// The rules of a verdict; each is an option of `poolbench race`.
#ifndef POOLBENCH_BENCH_RACE_RULES_H_
#define POOLBENCH_BENCH_RACE_RULES_H_

#include <algorithm>

#include "bench/race/bets.h"

namespace poolbench {

struct Rules {
  // Whoever takes less longer than this is not slower. As shares of a time, as all here.
  double least_effect = 0.02;
  // SAME: shown to be within this, on either side.
  double same = 0.03;
  // Of the verdicts of a race, at most this share is wrong on average.
  double false_rate = 0.05;
  // An effect must be this many times what the case's contenders differ from copies of themselves.
  double copies_factor = 3;
  // Fresh processes in which suspects run again; they alone give the printed effect.
  int confirming = 12;
  // Processes of the first part at most; 0: so many as the family needs.
  int processes = 0;
  bool gate = false;  // at least kFewestOfGate, and a refusal is a case that is missing

  // Processes without which a row has no verdict: an interval needs as many.
  static constexpr size_t kFewest = 6;
  static constexpr int kFewestOfGate = 20;
  static constexpr int kMostProcesses = 500;
  static constexpr double kConfidence = 0.95;  // of intervals
  static constexpr double kPower = 0.9;
  // An effect that shows in this share of the processes is found with kPower.
  static constexpr double kShows = 0.9;

  // FASTER and SLOWER are two hypotheses a row; SAME is a family of its own.
  double needed_to_differ(size_t rows) const { return 2 * double(rows) / false_rate; }
  double needed_for_same(size_t rows) const { return double(rows) / false_rate; }
  int processes_for(size_t rows) const {
    if (processes != 0) return processes;
    const int n = tosses_for(kShows, needed_to_differ(rows), kPower, kMostProcesses);
    return std::max(n, gate ? int(kFewestOfGate) : 0);
  }
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_RULES_H_
