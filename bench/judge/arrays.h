// Tensors of a problem in .npy files (in the layout's own axis order, C-contiguous; bf16 travels as
// uint16) and as numbers in a line.
#ifndef POOLBENCH_BENCH_JUDGE_ARRAYS_H_
#define POOLBENCH_BENCH_JUDGE_ARRAYS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/operands.h"

namespace poolbench {

// The number that a text says, exactly if the type's tensors can hold it. Nothing where it is none.
std::optional<long double> number(DType dtype, std::string_view text);
// Whether a tensor of the type can hold the number; those of floats round any.
bool holds(DType dtype, long double value);
// Numbers in the problem's type, rounded where needed. A long double holds f64 and i64.
std::vector<std::byte> encode(DType dtype, const std::vector<long double>& values);
// The input that a line says: "1 nan -inf 2". Throws BadInput if it is not what the problem needs.
std::vector<std::byte> src_of_numbers(std::string_view line, const Problem& problem);
// The outputs as a line: "nan 2", with indices "nan 2, indices: 1 3".
std::string numbers_of(const Problem& problem, const Outputs& outputs);

// Returns the input that --input names: a .npy file, or numbers. Throws BadInput, with the flag, if
// it is not what the problem needs.
std::vector<std::byte> read_src(const std::string& path_or_numbers, const Problem& problem);
// Returns the problem with the samples of a --samples file: f64 of shape (n, c, axes).
Problem with_samples(const Problem& problem, const std::string& path);

// Write a tensor, completely or not at all. Throw BadInput with the path.
void write_src(const std::string& path, const Problem& problem, std::vector<std::byte> src);
void write_dst(const std::string& path, const Problem& problem, std::vector<std::byte> dst);
void write_indices(const std::string& path, const Problem& problem, std::vector<std::byte> indices);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_JUDGE_ARRAYS_H_
