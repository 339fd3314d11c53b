// Limits the time of a run.
#ifndef POOLBENCH_BENCH_TIME_BUDGET_H_
#define POOLBENCH_BENCH_TIME_BUDGET_H_

namespace poolbench {

// Decides which cases still fit into a run of `seconds`; 0: all.
class Budget {
 public:
  explicit Budget(double seconds) : seconds_(seconds) {}
  // Whether a case may begin at `elapsed` seconds: there must be time for it at the best pace so
  // far. The mean pace would be wrong: small cases and the first one are slow for their size.
  bool allows(double elapsed, double work) const {
    return seconds_ == 0 || elapsed + pace_ * work <= seconds_;
  }
  void took(double seconds, double work) {
    const double pace = seconds / work;
    if (pace_ == 0 || pace < pace_) pace_ = pace;
  }

 private:
  double seconds_, pace_ = 0;  // seconds a unit of work
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BUDGET_H_
