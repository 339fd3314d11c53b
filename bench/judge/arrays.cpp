#include "bench/judge/arrays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <sstream>

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

// The numbers of a line, or nothing where a word is none.
std::optional<std::vector<long double>> numbers(DType dtype, std::string_view line) {
  std::vector<long double> values;
  std::istringstream stream{std::string(line)};
  for (std::string word; stream >> word;) {
    const std::optional<long double> value = number(dtype, word);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

}  // namespace

std::optional<long double> number(DType dtype, std::string_view text) {
  std::optional<long double> number;
  const auto parse = [&](auto value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) number = value;
    return number.has_value();
  };
  const bool whole = !facts(dtype).is_float();  // a double has no i64 beyond 2^53, an integer no -0
  if (!whole || !parse(int64_t{})) parse(double{});
  return number;
}

bool holds(DType dtype, long double value) {
  bool right = true;
  dispatch(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>)
      right = value >= static_cast<long double>(kLowestInteger<T>) &&
              value <= static_cast<long double>(kHighestInteger<T>) && value == std::rint(value);
  });
  return right;
}

std::vector<std::byte> encode(DType dtype, const std::vector<long double>& values) {
  std::vector<std::byte> bytes(values.size() * dtype_bytes(dtype));
  dispatch(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (size_t i = 0; i < values.size(); ++i) {
      T value;
      if constexpr (std::is_integral_v<T>)
        value = T(values[i]);
      else
        value = store<T>(double(values[i]));
      std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
    }
  });
  return bytes;
}

std::vector<std::byte> src_of_numbers(std::string_view line, const Problem& problem) {
  const auto values = numbers(problem.dtype(), line);
  if (!values) throw BadInput(fmt::format("'{}' are not numbers", line));
  if (int64_t(values->size()) != problem.src_count())
    throw BadInput(
        fmt::format("{} numbers, the problem needs {}", values->size(), problem.src_count()));
  for (const long double value : *values)
    if (!holds(problem.dtype(), value))
      throw BadInput(fmt::format("{} is not a number of type {}", value, token(problem.dtype())));
  return encode(problem.dtype(), *values);
}

std::string numbers_of(const Problem& problem, const Outputs& outputs) {
  std::vector<std::string> words;
  dispatch(problem.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::vector<std::byte>& bytes = outputs[Role::kDst];
    for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
      T element;
      std::memcpy(&element, bytes.data() + at, sizeof(T));
      const auto value = load(element);
      // The sign of NaN means nothing, and none of the text forms has it.
      words.push_back(value == value ? fmt::format("{}", value) : "nan");
    }
  });
  std::string line = fmt::format("{}", fmt::join(words, " "));
  if (!problem.spec().indices) return line;
  const std::vector<std::byte>& bytes = outputs[Role::kIndices];
  std::vector<int64_t> indices(bytes.size() / sizeof(int64_t));
  if (!bytes.empty()) std::memcpy(indices.data(), bytes.data(), bytes.size());
  return fmt::format("{}, indices: {}", line, fmt::join(indices, " "));
}

std::vector<std::byte> read_src(const std::string& path_or_numbers, const Problem& problem) {
  if (numbers(problem.dtype(), path_or_numbers)) try {
      return src_of_numbers(path_or_numbers, problem);
    } catch (const BadInput& error) {
      throw BadInput(fmt::format("--input: {}", error.what()));
    }
  return read_array("--input", path_or_numbers, facts(problem.dtype()).npy,
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
