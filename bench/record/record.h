// Writes a run as JSON: Google Benchmark's schema plus our own fields.
#ifndef POOLBENCH_BENCH_RECORD_RECORD_H_
#define POOLBENCH_BENCH_RECORD_RECORD_H_

#include <nlohmann/json.hpp>
#include <set>

#include "bench/select/network.h"
#include "bench/time/result.h"

namespace poolbench {

// Facts about a run beside its rows.
struct RunNotes {
  nlohmann::json context;             // run_context() of the process that timed
  nlohmann::json gpus;                // what GpuWatch saw, or null
  nlohmann::json run;                 // how it was supervised
  std::set<uint64_t> seeds;           // of each process that timed
  std::vector<std::string> left_out;  // problems that did not run
  std::vector<Network> networks;      // of the problems
  std::vector<Temperature> temperatures;
  std::vector<std::string> arguments;          // that the program was called with
  std::map<std::string, double> case_seconds;  // that each problem took
  nlohmann::json shard;                        // which part of a whole run this is, or null
};

// The sums over a network's layers, as they stand in a record.
nlohmann::json network_json(const Network& network, const std::vector<CaseResult>& cases,
                            const std::vector<Temperature>& temperatures);

// Returns the run in Google Benchmark's schema, so that its tools read it: a row for each sample
// and one for the median, which holds our fields under "poolbench". Its text is still to be sealed
// (seal.h).
nlohmann::json records_json(const std::vector<CaseResult>& cases, const RunNotes& notes);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_RECORD_H_
