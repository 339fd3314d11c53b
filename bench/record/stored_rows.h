// Reads the records that bench wrote.
#ifndef POOLBENCH_BENCH_RECORD_STORED_ROWS_H_
#define POOLBENCH_BENCH_RECORD_STORED_ROWS_H_

#include <nlohmann/json.hpp>

#include "bench/race/unpaired.h"

namespace poolbench {

struct StoredRun {
  std::vector<StoredRow> rows;
  nlohmann::json comparable;  // what forbids to compare runs that differ in it
};

// Throws BadInput, which names the file, for what is no record of `bench --json`, was changed after
// it was written, or is of a later schema.
StoredRun read_run(const std::string& path);

// Throws BadInput, which names what differs, where two runs must not be compared.
void check_comparable(const StoredRun& base, const StoredRun& head);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_STORED_ROWS_H_
