// Shared by tests: problems from text, tensors as plain numbers, and backends.
#ifndef POOLBENCH_TESTS_SUPPORT_H_
#define POOLBENCH_TESTS_SUPPORT_H_

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <numeric>
#include <string>
#include <vector>

#include "host/answer.h"
#include "host/compare.h"
#include "host/fill.h"
#include "host/problem.h"
#include "host/reference.h"
#include "kernels/types.h"

namespace poolbench {

inline std::ostream& operator<<(std::ostream& out, const Problem& problem) {
  return out << to_text(problem);
}

// Calls f(TypeTag<T>{}) with the type of `dtype`.
template <class F>
void with_type(DType dtype, F&& f) {
  dispatch(dtype, std::forward<F>(f));
}

// Convert numbers to elements of a type, and back.
inline std::vector<std::byte> encoded(DType dtype, const std::vector<double>& values) {
  std::vector<std::byte> bytes(values.size() * dtype_bytes(dtype));
  with_type(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    auto* out = reinterpret_cast<T*>(bytes.data());
    for (size_t i = 0; i < values.size(); ++i) out[i] = store<T>(values[i]);
  });
  return bytes;
}

inline std::vector<double> decoded(DType dtype, const std::vector<std::byte>& bytes) {
  std::vector<double> values(bytes.size() / dtype_bytes(dtype));
  with_type(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto* in = reinterpret_cast<const T*>(bytes.data());
    for (size_t i = 0; i < values.size(); ++i) values[i] = double(load(in[i]));
  });
  return values;
}

// first, first + 1, ... `count` of them
inline std::vector<double> counted(double first, int64_t count) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

// Returns the oracle's value of every output, channels first, before rounding to the type; for
// integer averages the rounded integer.
struct ExpectedOutputs {
  std::vector<double> values;
  std::vector<int64_t> indices;
};

inline ExpectedOutputs expected_outputs(const Problem& problem, const std::vector<std::byte>& src) {
  Reference reference(problem, src.data());
  const Extents out = problem.dst();
  const bool integer_average = (problem.spec().reduction == Reduction::kAvgIncludePad ||
                                problem.spec().reduction == Reduction::kAvgExcludePad) &&
                               (problem.dtype() == DType::kI8 || problem.dtype() == DType::kU8);
  ExpectedOutputs outputs;
  for (int64_t plane = 0; plane < problem.planes(); ++plane)
    for (int64_t d = 0; d < out[0]; ++d)
      for (int64_t h = 0; h < out[1]; ++h)
        for (int64_t w = 0; w < out[2]; ++w) {
          const Expected expected = reference.at(plane, {d, h, w});
          outputs.values.push_back(integer_average ? static_cast<double>(expected.integer)
                                                   : static_cast<double>(expected.value));
          outputs.indices.push_back(expected.index);
        }
  return outputs;
}

// Returns the oracle's outputs in the problem's type and layout. Tests plant faults in them.
struct Answer {
  std::vector<std::byte> dst;
  std::vector<int64_t> indices;
};

// Returns the name of the first rule whose prediction the point's output fits, or nothing.
inline std::string fitting_rule(const std::vector<Prediction>& predictions, const Problem& problem,
                                const void* src, const Point& point) {
  for (const Prediction& prediction : predictions)
    if (fits(prediction, problem, src, point))
      return prediction.rule.substr(0, prediction.rule.find(':'));
  return {};
}

inline Answer right_answer(const Problem& problem, const std::vector<std::byte>& src) {
  Outputs outputs = answer(problem, src.data());
  const auto* indices = reinterpret_cast<const int64_t*>(outputs[Role::kIndices].data());
  return {std::move(outputs[Role::kDst]),
          {indices, indices + outputs[Role::kIndices].size() / sizeof(int64_t)}};
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_SUPPORT_H_
