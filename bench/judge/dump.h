// A failing case as files, for whoever looks into it.
#ifndef POOLBENCH_BENCH_JUDGE_DUMP_H_
#define POOLBENCH_BENCH_JUDGE_DUMP_H_

#include <string>
#include <vector>

#include "host/operands.h"

namespace poolbench {

// Makes a folder for cases, before any has failed. Throws BadInput where no file can be made in it.
void make_dump_folder(const std::string& folder);

// Writes to `folder`, which is made: input.npy; output.npy, unless there is none, with its indices
// beside it, where the problem has some; and repeat.txt with the line that runs the case again.
// Throws BadInput with the path.
void dump(const std::string& folder, const Problem& problem, const std::vector<std::byte>& src,
          const Outputs* outputs, const std::string& line);

// Writes what the oracle computes from that input.npy: expected.npy, with its indices. It may take
// long.
void dump_expected(const std::string& folder, const Problem& problem);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_DUMP_H_
