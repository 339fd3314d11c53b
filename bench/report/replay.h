// Google Benchmark's part in bench: its flags and reporters. A row of ours is a benchmark that
// replays the samples which the session measured: its own loop cannot form blocks of contenders.
#ifndef POOLBENCH_BENCH_REPORT_REPLAY_H_
#define POOLBENCH_BENCH_REPORT_REPLAY_H_

#include "bench/report/session.h"

namespace poolbench {

// Those of the --benchmark_ flags that we answer ourselves.
struct BenchmarkFlags {
  std::string format = "console";  // console, json, csv
  bool out = false;                // a file is written, too
  bool list = false;               // only the names
  int repetitions = 0;             // 0: not given
};
// Hands the other --benchmark_ flags to Google Benchmark. Throws BadInput for what neither knows.
BenchmarkFlags initialize_benchmark(const std::vector<std::string>& arguments);

// Shows every row of the session, as our table or as the flags ask for. The first row of a problem
// has the session measure it.
void replay(Session& session, const BenchmarkFlags& flags);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_REPLAY_H_
