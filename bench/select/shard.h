// Shards: the parts of a run that several machines or jobs share. A shard has whole cases, each
// with all its contenders, since what is compared must run in the same blocks.
#ifndef POOLBENCH_BENCH_SELECT_SHARD_H_
#define POOLBENCH_BENCH_SELECT_SHARD_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace poolbench {

struct Shard {
  int64_t number = 1, count = 1;  // the first one is 1
};

// Whether there is such a one, of a million at most.
bool is_sound(const Shard& shard);

// Reads "3/8", or "auto": what the environment says, which is SLURM_ARRAY_TASK_ID, _MIN, _MAX and
// _COUNT of a Slurm array, or GTEST_SHARD_INDEX and GTEST_TOTAL_SHARDS. Throws BadInput.
Shard parse_shard(std::string_view text);

// Returns the number of each case's shard, so that all shards cost about as much: the costliest
// case first, each to the shard that has least so far. By costs and count alone, so that each shard
// knows what the others have. None is empty. Throws BadInput where there are fewer cases than
// shards.
std::vector<int64_t> shards_of(std::span<const double> costs, int64_t count);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_SHARD_H_
