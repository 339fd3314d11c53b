// A run as it is written to a file: Google Benchmark's schema with our fields beside it.
#ifndef POOLBENCH_BENCH_RECORD_RECORD_H_
#define POOLBENCH_BENCH_RECORD_RECORD_H_

#include <nlohmann/json_fwd.hpp>

#include "bench/time/gpu_watch.h"
#include "bench/time/result.h"

namespace poolbench {

// Facts about a run beside its rows.
struct RunNotes {
  const GpuWatch* watch = nullptr;    // may be none
  std::vector<std::string> left_out;  // problems that the run's budget had no time for
};

// Returns the run in Google Benchmark's schema, so that its tools read it: a row for each sample
// and one for the median, which holds our fields under "poolbench".
nlohmann::json records_json(const std::vector<CaseResult>& cases, const RunNotes& notes);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_RECORD_H_
