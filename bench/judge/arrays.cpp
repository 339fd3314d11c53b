#include "bench/judge/arrays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "host/npy.h"
#include "kernels/types.h"

namespace poolbench {
namespace {

// Translates a .npy type to NumPy's name. Files count bytes, problems count bits: "i8" is int64 in
// a file and int8 in a problem, so messages use neither.
std::string numpy_name(const std::string& npy) {
  const std::string kind = npy[0] == 'f' ? "float" : npy[0] == 'u' ? "uint" : "int";
  return npy.size() == 2 ? fmt::format("{}{}", kind, 8 * (npy[1] - '0')) : npy;
}

std::vector<int64_t> array_shape(const Problem& problem, const Extents& extents) {
  std::vector<int64_t> shape = {problem.n()};
  const bool last = problem.layout() == Layout::kChannelsLast;
  if (!last) shape.push_back(problem.c());
  for (int axis = problem.first_axis(); axis < 3; ++axis) shape.push_back(extents[axis]);
  if (last) shape.push_back(problem.c());
  return shape;
}

std::vector<std::byte> read_array(std::string_view flag, const std::string& path,
                                  const std::string& dtype, const std::vector<int64_t>& shape) {
  NpyArray array = read_npy(path);
  if (array.dtype != dtype)
    throw BadInput(fmt::format("{}: {} holds {}, the problem needs {}", flag, path,
                               numpy_name(array.dtype), numpy_name(dtype)));
  if (array.shape != shape)
    throw BadInput(fmt::format("{}: {} has the shape ({}), the problem needs ({})", flag, path,
                               fmt::join(array.shape, ", "), fmt::join(shape, ", ")));
  return std::move(array.data);
}

}  // namespace

std::vector<std::byte> read_src(const std::string& path, const Problem& problem) {
  return read_array("--input", path, facts(problem.dtype()).npy,
                    array_shape(problem, problem.src()));
}

Problem with_samples(const Problem& problem, const std::string& path) {
  if (problem.spec().windowing != Windowing::kFractional)
    throw BadInput(fmt::format("--samples: mean nothing for {}, only for fractional",
                               token(problem.spec().windowing)));
  const std::vector<std::byte> data =
      read_array("--samples", path, "f8", {problem.n(), problem.c(), problem.rank()});
  return problem.with([&](Description& d) {
    d.spec.samples.resize(data.size() / sizeof(double));
    if (!data.empty()) std::memcpy(d.spec.samples.data(), data.data(), data.size());
  });
}

void write_src(const std::string& path, const Problem& problem, std::vector<std::byte> src) {
  write_npy(path,
            {facts(problem.dtype()).npy, array_shape(problem, problem.src()), std::move(src)});
}

void write_dst(const std::string& path, const Problem& problem, std::vector<std::byte> dst) {
  write_npy(path,
            {facts(problem.dtype()).npy, array_shape(problem, problem.dst()), std::move(dst)});
}

void write_indices(const std::string& path, const Problem& problem,
                   std::vector<std::byte> indices) {
  write_npy(path, {"i8", array_shape(problem, problem.dst()), std::move(indices)});
}

}  // namespace poolbench
