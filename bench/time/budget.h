// How long a run may take.
#ifndef POOLBENCH_BENCH_TIME_BUDGET_H_
#define POOLBENCH_BENCH_TIME_BUDGET_H_

namespace poolbench {

// Which cases a run of so many seconds has time for; 0: it has no end.
class Budget {
 public:
  explicit Budget(double seconds) : seconds_(seconds) {}
  // Whether a case may begin `elapsed` seconds after the run: not when the time is up, nor when the
  // best pace so far would not do. The mean would: what small cases and the first one cost says
  // nothing of a large one.
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
