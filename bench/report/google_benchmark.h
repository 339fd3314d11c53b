// Google Benchmark's part in `bench`: its flags, statistics and reporters.
#ifndef POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_
#define POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_

#include <functional>
#include <string>
#include <vector>

#include "bench/time/result.h"

namespace poolbench {

// The --benchmark_ flags that are handled here.
struct BenchmarkFlags {
  std::string filter;              // over the names of rows
  std::string format = "console";  // console (our table), json, csv
  std::string out;                 // a file to write, too
  std::string out_format = "json";
  bool list = false;    // only the names
  int repetitions = 0;  // 0: not given
};
// Passes the other --benchmark_ flags to Google Benchmark. Throws BadInput for unknown ones and for
// those that would have no effect.
BenchmarkFlags read_benchmark_flags(const std::vector<std::string>& arguments);

// Whether a row of this name is wanted, by Google Benchmark's rules: a pattern, "all", or the rows
// that do not match with a minus before it. Throws BadInput.
std::function<bool(const std::string&)> row_filter(const std::string& filter);

// Writes the rows through Google Benchmark's reporters, where the flags ask for one.
void report(const std::vector<CaseResult>& cases, const BenchmarkFlags& flags);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_GOOGLE_BENCHMARK_H_
