#include "host/index_form.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace poolbench {
namespace {

constexpr std::string_view kNames[] = {"plane", "onnx", "onnx-column-major"};

}  // namespace

IndexForm parse_index_form(std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return IndexForm(i);
  throw BadInput(
      fmt::format("--indices-form: '{}' is unknown; one of {}", name, fmt::join(kNames, ", ")));
}

void convert_indices(const Problem& problem, IndexForm form, std::span<int64_t> indices) {
  if (form == IndexForm::kPlane) return;
  const Extents& src = problem.src();
  const Extents& dst = problem.dst();
  const int64_t outputs = dst[0] * dst[1] * dst[2], c = problem.c();
  const bool last = problem.layout() == Layout::kChannelsLast;
  for (int64_t at = 0; at < int64_t(indices.size()); ++at) {
    int64_t& index = indices[at];
    if (index < 0) continue;
    const int64_t plane = last ? at / (outputs * c) * c + at % c : at / outputs;
    if (form == IndexForm::kOnnxColumnMajor) {
      const int64_t w = index % src[2], h = index / src[2] % src[1], d = index / src[2] / src[1];
      index = d + src[0] * (h + src[1] * w);
    }
    index += plane * src[0] * src[1] * src[2];
  }
}

}  // namespace poolbench
