// One record of the shards of a run (bench --shard).
#ifndef POOLBENCH_BENCH_RECORD_MERGE_H_
#define POOLBENCH_BENCH_RECORD_MERGE_H_

#include "bench/record/stored_record.h"

namespace poolbench {

struct Merged {
  Json json;                          // its text is still to be sealed
  int64_t shards = 0;                 // of the run
  std::vector<int64_t> missing;       // of them
  std::vector<std::string> left_out;  // cases of these, and those that a part has left out
};

// Puts the parts together, in the order that one run would have had. Rows are taken as they stand;
// sums over networks are made again. Throws BadInput, which names files and fields, where parts are
// not of one run: other cases, arguments, build, method or kind of machine, or one shard twice.
// Machines may have other names.
Merged merge(std::vector<StoredRecord> parts);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_MERGE_H_
