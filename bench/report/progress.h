// Progress of long work on a terminal: case i of n and the time left, on stderr.
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
  // Begins the next case; `work` is its share of the total.
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

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_PROGRESS_H_
