// Progress of long work on a terminal: case i of n and the time left, on stderr.
#ifndef POOLBENCH_BENCH_REPORT_PROGRESS_H_
#define POOLBENCH_BENCH_REPORT_PROGRESS_H_

#include <chrono>
#include <string>
#include <string_view>

namespace poolbench {

// A line that is rewritten in place. Writes only to a terminal, or if POOLBENCH_PROGRESS=1.
class Progress {
 public:
  // `total_work`: the sum of what step() will be given.
  Progress(std::string_view what, int64_t cases, double total_work);
  ~Progress();
  // Begins the next case; `work` is its share of the total.
  void step(std::string_view now, double work);
  // Erases the line before other output. The next step() draws it again.
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
