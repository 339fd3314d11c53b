// Steps in a series of times: from which point on is it slower or faster?
//
// The rule, after each point, as a nightly job would apply it. A split is any place with three
// points of one level before it and three behind. Of all splits the one with the greatest score is
// looked at:
//
//   score = (level behind - level before) / error, as a normal deviate
//
// and a step is called if that is at least 2 % in size and kSure in score. The series then begins
// anew at the step, so it is called once. Each part of the score is there for something that fools
// simpler rules:
//
//   error          from the noise of this series alone, within levels, before the split: a step
//                  does not count as noise. Student's t, for that noise is an estimate
//   outliers       no point counts for more than what each of three must show, and a tenth, so
//                  that two together call nothing, however far they are off
//   correlation    points that resemble their neighbours say less than their number. The error is
//                  that of an AR(1) process, whose correlation is estimated too. A short series
//                  cannot tell its own, so it is taken to be 0.5 until enough points say otherwise
//   search         the greatest score of many splits, looked at after each point, is large where
//                  there is nothing. kSure is from simulations of just that (tests/steps_test.cpp)
//
// The greatest t over all splits, looked at after each point:
//   Hawkins, Qiu, Kang, The Changepoint Model for Statistical Process Control, 2003;
//   Ross, https://www.jstatsoft.org/article/view/v066i03
// Points cut at so many deviations: Huber, https://doi.org/10.1214/aoms/1177703732
// The bias of an estimated correlation: Kendall, https://doi.org/10.1093/biomet/41.3-4.403
// Student's t as a normal deviate: Wallace, https://doi.org/10.1214/aoms/1177706093
#ifndef POOLBENCH_BENCH_HISTORY_STEPS_H_
#define POOLBENCH_BENCH_HISTORY_STEPS_H_

#include <cstddef>
#include <span>
#include <vector>

namespace poolbench {

constexpr size_t kPointsBehind = 3;   // of a step, before it is called
constexpr size_t kPointsBefore = 3;   // of the level that it leaves
constexpr size_t kNoisePoints = 12;   // before a split, of any level: fewer tell no noise
constexpr size_t kNoiseWindow = 100;  // before a split: no more tell the noise
constexpr size_t kWindow = 40;        // of a level: no more tell where it is
constexpr double kSure = 4.7;         // score from which a step is called
constexpr double kSuspect = 2.1;      // score from which a step at the end of a series is a suspect
constexpr double kLeastStep = 0.02;   // of ln time, as of a race
constexpr double kLeastNoise = 0.005;
constexpr double kOutlier =
    5;                        // robust deviations: further off a point counts as this far for noise
constexpr double kCut = 1.1;  // of what each of three points must show to call a step
constexpr double kAssumedCorrelation = 0.5;  // counts as much as that of so many points:
constexpr double kAssumedPoints = 40;

struct Step {
  size_t at;         // the first point behind it
  double size;       // of ln: above 0 is slower
  double low, high;  // 95 % interval
  bool sure;         // false: a suspect, at the end of the series
};

// Returns the steps of a series of ln time, in order.
std::vector<Step> find_steps(std::span<const double> values);

// A step's size at a place that is known, by up to kWindow points of [from, at) and [at, to).
Step step_at(std::span<const double> values, size_t from, size_t at, size_t to);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_HISTORY_STEPS_H_
