// How the index of a maximum counts. host/spec.md, Indices, has the formulas.
#ifndef POOLBENCH_HOST_INDEX_FORM_H_
#define POOLBENCH_HOST_INDEX_FORM_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "host/problem.h"

namespace poolbench {

enum class IndexForm {
  kPlane,            // the place in the (n, c) plane, the last axis first
  kOnnx,             // from the first element of the tensor, channels first
  kOnnxColumnMajor,  // the same, where in each plane the first axis comes first (storage_order 1)
};

IndexForm parse_index_form(std::string_view name);  // throws BadInput

// Rewrites a problem's indices, in its layout, from kPlane to another form. -1 stays -1.
void convert_indices(const Problem& problem, IndexForm form, std::span<int64_t> indices);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_INDEX_FORM_H_
