// Golden files: a problem, its input and its output, from another source than this project.
#ifndef POOLBENCH_BENCH_JUDGE_GOLDEN_H_
#define POOLBENCH_BENCH_JUDGE_GOLDEN_H_

#include <cstddef>
#include <string>
#include <vector>

#include "host/compare.h"

namespace poolbench {

struct Golden {
  std::string file;
  Problem problem;
  std::vector<long double> input;   // in the layout's order; holds f64 and i64
  std::vector<long double> output;  // the same
  // By output: half a unit of the last digit of a rounded number (`~5.333`), 0 for an exact one.
  std::vector<double> tolerance;
  std::vector<int64_t> indices;  // one for each output, or empty
};

// Reads one file, or all .txt files of a folder in the order of their names. The format is
// described in tests/golden/README.md. Throws BadInput with file and line.
std::vector<Golden> read_golden(const std::string& file_or_dir);

// Returns the input in the problem's type, rounded where needed.
std::vector<std::byte> golden_src(const Golden& golden);

// Judges `dst` and `indices` as host/compare.h does, by the golden numbers instead of the
// reference's. A rounded golden number stands for all numbers that round to it: takes the one
// nearest to the output.
Comparison compare_golden(const Golden& golden, const void* dst, const int64_t* indices);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_GOLDEN_H_
