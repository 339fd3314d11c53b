// Tensors of a problem in .npy files: in the layout's own axis order, C-contiguous; bf16 travels as
// uint16.
#ifndef POOLBENCH_BENCH_JUDGE_ARRAYS_H_
#define POOLBENCH_BENCH_JUDGE_ARRAYS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "host/problem.h"

namespace poolbench {

// Read an array that a flag names. Throw BadInput, with the flag, if it is not what the problem
// needs.
std::vector<std::byte> read_src(const std::string& path, const Problem& problem);
// Returns the problem with the samples of a --samples file: f64 of shape (n, c, axes).
Problem with_samples(const Problem& problem, const std::string& path);

// Write a tensor, completely or not at all. Throw BadInput with the path.
void write_src(const std::string& path, const Problem& problem, std::vector<std::byte> src);
void write_dst(const std::string& path, const Problem& problem, std::vector<std::byte> dst);
void write_indices(const std::string& path, const Problem& problem, std::vector<std::byte> indices);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_ARRAYS_H_
