// The rows of a race: what each process has said of two contenders, and what follows from it.
#ifndef POOLBENCH_BENCH_RACE_ROW_H_
#define POOLBENCH_BENCH_RACE_ROW_H_

#include <string>
#include <vector>

#include "bench/race/rules.h"
#include "bench/time/result.h"

namespace poolbench {

enum class Speed { kSame, kFaster, kSlower, kUnresolved };
// "SAME", "FASTER", "SLOWER", "UNRESOLVED"
std::string_view speed_name(Speed speed);

// ln(time / base's time) in one process: the median over its blocks, in each of which both ran.
struct LogRatio {
  double counted = kNone;
  double all = kNone;  // over the blocks too that did not count, since something disturbed them
};
LogRatio log_ratio(const Record& record, const Record& base);

// A contender and its copy, or two contenders: ratios by process.
struct Ratios {
  std::vector<double> counted, all;
  void add(const LogRatio& ratio) {
    counted.push_back(ratio.counted);
    all.push_back(ratio.all);
  }
  size_t count() const { return counted.size(); }
};

// Bets on the ratios' signs. Nulls: the contender is at most `least_effect` slower; at most that
// faster; `same` or more slower, or that faster.
struct Evidence {
  double slower = 1, faster = 1, same = 1;
};
Evidence evidence(const std::vector<double>& log_ratios, const Rules& rules);
// That of being slower or faster.
double strongest(const Evidence& evidence);

struct Row {
  size_t of_case = 0;
  Temperature temperature = Temperature::kCold;
  std::string base, contender;

  // Why there is no verdict, unless kOk. NOISY never stands here.
  Status status = Status::kMissing;
  std::string reason = "no process ran it";
  int heard = 0;  // processes that told of the case
  int noisy = 0;  // of those, who were disturbed too much to say anything of this row
  bool exists = false;
  bool suspect = false;            // runs again in the second part
  double base_seconds = kNone;     // of a launch, in the latest process
  Ratios first, again;             // in the first part, and of suspects in the second
  Ratios base_copies, own_copies;  // each against its own copy, in both parts
};

// What is to be said of a row.
struct Ruling {
  Speed speed = Speed::kUnresolved;
  std::string why;     // a sentence
  std::string remedy;  // what would resolve it, or nothing
  Evidence evidence;
  // ln of time over base's time. FASTER and SLOWER: from the second part alone.
  Interval effect = {kNone, kNone, kNone};
  // Half of the interval of a contender against its copy, the wider one.
  double copies_half_width = kNone;
  double needed_effect = kNone;
  // The least slow-down that would have been called SLOWER with a probability of 90 %.
  double least_seen = kNone;
};

// Half of the interval of the median, and not over the median, which is about 0 here.
double half_width(const std::vector<double>& log_ratios);
// The least effect of which a row with copies like these would have been found, by `processes` in
// the first part, and upheld.
double least_seen(const Row& row, double half_width, int processes, double needed_e_value,
                  const Rules& rules);

// Whether the second part says the same as the first: which side, how much; and if not, why.
struct Upheld {
  bool upheld = false;
  std::string why;
};
Upheld uphold(const std::vector<double>& again, Speed speed, double needed_effect);

// "+5.1 %", "x12.3"
std::string percent_text(double log_ratio);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_ROW_H_
