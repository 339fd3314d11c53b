// A race: contenders against the first of them, case by case, process by process. No input and
// output: the command feeds it with what the processes measured, and asks what to run next.
//
//   first part    fresh processes until every row is decided, at most so many as was said before.
//                 Which rows differ is told by bets on signs (bets.h), one a process: one may look
//                 after each. Over all rows together the false discovery rate is held.
//   second part   the rows that seem to differ, in fresh processes again. Only who is as much apart
//                 there is FASTER or SLOWER, and the printed effect is from there.
//
// Each contender stands in the blocks beside a copy of itself, which is judged by the same rules.
// Where copies differ the machine cannot be trusted, and the whole race is UNRESOLVED.
#ifndef POOLBENCH_BENCH_RACE_RACE_H_
#define POOLBENCH_BENCH_RACE_RACE_H_

#include <map>
#include <set>

#include "bench/race/row.h"
#include "bench/select/racer.h"

namespace poolbench {

// What copies of contenders have shown: the pairs, those that would have been called FASTER or
// SLOWER after the first part, and of intervals of the median those that hold zero.
struct CopyCount {
  int64_t pairs = 0, alarms = 0, intervals = 0, covering = 0;
  double level = kNone;  // that the intervals should have
  void add(const CopyCount& other);
};

class Race {
 public:
  // `contenders`: the first is the base. Each of them, and its copy_of(), has a record in what
  // add() gets.
  Race(std::vector<std::string> cases, const std::vector<Temperature>& temperatures,
       std::vector<std::string> contenders, const Rules& rules);

  // The cases of the next process; none: the race is over.
  std::vector<size_t> next();
  // What that process measured of a case.
  void add(size_t of_case, const CaseResult& result);

  bool is_second_part() const { return second_; }
  int processes() const { return most_; }                 // of the first part, at most
  int first() const { return second_ ? first_ : done_; }  // that ran in the first part
  int again() const { return second_ ? done_ : 0; }       // and in the second
  size_t family() const { return family_; }               // rows that were declared
  const std::vector<std::string>& cases() const { return cases_; }
  const Rules& rules() const { return rules_; }

  // Rows that exist, or whose case was never heard of.
  std::vector<const Row*> rows() const;
  // By row of rows(). `seconds`: of a process, for what would resolve a row.
  std::vector<Ruling> rulings(double seconds) const;
  // Copies that differ: "openmp differs from its copy by +4.1 % in max/…, hot".
  std::vector<std::string> alarms() const;
  CopyCount copies() const;

 private:
  struct CopyPair {
    size_t of_case;
    Temperature temperature;
    std::string contender;
    Ratios ratios;  // of the first part
  };
  void add(Row& row, const CaseResult& result);
  bool decided(const Row& row) const;
  std::vector<bool> suspects() const;
  std::vector<double> copy_evidence() const;
  void judge(const Row& row, bool suspect, bool same, double seconds, Ruling& ruling) const;
  void judge_suspect(const Row& row, Ruling& ruling) const;
  void judge_unresolved(const Row& row, double seconds, Ruling& ruling) const;

  std::vector<std::string> cases_;
  Rules rules_;
  std::vector<Row> rows_;
  std::vector<CopyPair> pairs_;
  size_t family_ = 0;
  int most_ = 0, fewest_ = 0, done_ = 0, first_ = 0;
  bool begun_ = false, second_ = false;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RACE_RACE_H_
