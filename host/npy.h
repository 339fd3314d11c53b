// Arrays in NumPy's .npy files.
// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#ifndef POOLBENCH_HOST_NPY_H_
#define POOLBENCH_HOST_NPY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace poolbench {

// Row-major (C order), little-endian.
struct NpyArray {
  std::string dtype;  // f8 f4 f2 u2 i1 u1 i4 i8; bf16 travels as u2
  std::vector<int64_t> shape;
  std::vector<std::byte> data;
};

// Reads versions 1.0, 2.0 and 3.0. Throws BadInput with the path, what the file holds and what
// would be right: for files of another format, type, byte order or element order, for a shape whose
// size overflows, and for more or fewer bytes than the shape needs.
NpyArray read_npy(const std::string& path);

// Writes version 1.0, completely or not at all (write_file). Throws BadInput with the path.
void write_npy(const std::string& path, const NpyArray& array);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_NPY_H_
