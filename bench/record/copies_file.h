// What copies of contenders have shown on this machine so far, over all its races: the error rate
// that stands beside their verdicts.
#ifndef POOLBENCH_BENCH_RECORD_COPIES_FILE_H_
#define POOLBENCH_BENCH_RECORD_COPIES_FILE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/race/race.h"

namespace poolbench {

// $XDG_STATE_HOME/poolbench/aa.json, or ~/.local/state/poolbench/aa.json; empty without a home.
std::string copies_file();

// Adds `now` to what the file says of the machine of `context` (run_context()), and returns the
// sum. With an empty path, or where nothing can be read or written, `now` alone; then says so.
CopyCount add_to_copies_file(const std::string& path, const nlohmann::json& context,
                             const CopyCount& now);

nlohmann::json copies_json(const CopyCount& count);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_COPIES_FILE_H_
