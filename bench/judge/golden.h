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
  std::vector<double> input;   // in the layout's order
  std::vector<double> output;  // the same
  // By output: half a unit of the last digit of a rounded number (`~5.333`), 0 for an exact one.
  std::vector<double> tolerance;
  std::vector<int64_t> indices;  // by output; empty unless the problem has them
};

// One file, or all of a folder's .txt files by name. tests/golden/README.md describes the format.
// Throws BadInput: `file:line: ...`, with the expected count where a count is wrong.
std::vector<Golden> read_golden(const std::string& file_or_dir);

// The input in the problem's type, each number rounded to it.
std::vector<std::byte> golden_src(const Golden& golden);

// Judges `dst` and `indices` as host/compare.h does, by the golden numbers instead of the
// reference's. A rounded golden number stands for all numbers that round to it: takes the one
// nearest to the output.
Comparison compare_golden(const Golden& golden, const void* dst, const int64_t* indices);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_GOLDEN_H_
