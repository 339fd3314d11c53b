// Writes a run as JSON: Google Benchmark's schema plus our own fields.
#ifndef POOLBENCH_BENCH_RECORD_RECORD_H_
#define POOLBENCH_BENCH_RECORD_RECORD_H_

#include <nlohmann/json_fwd.hpp>

#include "bench/time/gpu_watch.h"
#include "bench/time/result.h"

namespace poolbench {

// Facts about a run beside its rows.
struct RunNotes {
  const GpuWatch* watch = nullptr;    // may be null
  std::vector<std::string> left_out;  // problems for which no time was left
};

// Returns the run in Google Benchmark's schema, so that its tools read it: a row for each sample
// and one for the median, which holds our fields under "poolbench".
nlohmann::json records_json(const std::vector<CaseResult>& cases, const RunNotes& notes);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_RECORD_H_
