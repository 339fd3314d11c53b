// Reports results through Google Benchmark: its flags, statistics and reporters.
#ifndef POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_
#define POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_

#include <functional>
#include <string>
#include <vector>

#include "bench/time/result.h"

namespace poolbench {

// The --benchmark_ flags that are handled here.
struct BenchmarkFlags {
  std::string filter;              // pattern over row names
  std::string format = "console";  // "console" (our table), "json" or "csv"
  std::string out;                 // file to write as well, or empty
  std::string out_format = "json";
  bool list = false;    // list the rows, run nothing
  int repetitions = 0;  // 0: not given
};
// Passes the other --benchmark_ flags to Google Benchmark. Throws BadInput for unknown ones and for
// those that would have no effect.
BenchmarkFlags read_benchmark_flags(const std::vector<std::string>& arguments);

// Returns a predicate over row names that follows Google Benchmark's rules: a pattern, "all", or
// "-" and a pattern for the rows that do not match. Throws BadInput.
std::function<bool(const std::string&)> row_filter(const std::string& filter);

// Writes the rows with Google Benchmark's reporters. Does nothing unless the flags ask for one.
void report(const std::vector<CaseResult>& cases, const BenchmarkFlags& flags);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_
