// What a person at a terminal sees of long work: case i of n and the time left, on stderr.
#ifndef POOLBENCH_BENCH_REPORT_PROGRESS_H_
#define POOLBENCH_BENCH_REPORT_PROGRESS_H_

#include <chrono>
#include <string>
#include <string_view>

namespace poolbench {

// A line that rewrites itself. Pipes and files get nothing, unless POOLBENCH_PROGRESS=1.
class Progress {
 public:
  // `total_work` in whatever unit step() counts.
  Progress(std::string_view what, int64_t cases, double total_work);
  ~Progress();
  // The next case begins; `work` is its share of the whole.
  void step(std::string_view now, double work);
  // Removes the line, so that something else can be printed; the next step() draws it again.
  void clear();

 private:
  std::string what_;
  int64_t cases_, done_ = 0;
  double total_, before_ = 0, current_ = 0;
  std::chrono::steady_clock::time_point start_, drawn_;
  bool active_, visible_ = false;
};

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

#endif  // POOLBENCH_BENCH_REPORT_PROGRESS_H_
