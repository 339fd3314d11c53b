#include "host/operands.h"

#include <algorithm>

namespace poolbench {
std::vector<Operand> operands(const Problem& problem, int64_t scratch_bytes) {
  const auto there = [&](Role role) {
    switch (role) {
      case Role::kSrc:
      case Role::kDst:
        return true;
      case Role::kIndices:
        return problem.spec().indices;
      case Role::kScratch:
        return scratch_bytes > 0;
    }
    return false;
  };
  const auto element_bytes = [&](Role role) -> int64_t {
    switch (role) {
      case Role::kSrc:
      case Role::kDst:
        return dtype_bytes(problem.dtype());
      case Role::kIndices:
        return sizeof(int64_t);
      case Role::kScratch:
        return 1;
    }
    return 1;
  };
  std::vector<Operand> list;
  for (const RoleFacts& row : kRoles)
    if (there(row.role))
      list.push_back({row.role, row.access, row.name,
                      operand_bytes(problem.shapes(), row.role, scratch_bytes),
                      element_bytes(row.role)});
  return list;
}

Placement::Placement(std::vector<Operand> operands, int64_t guard)
    : operands_(std::move(operands)), bytes_(guard) {
  for (const Operand& operand : operands_) {
    begins_.push_back(bytes_);
    bytes_ += whole_pages(operand.bytes) + guard;
  }
  bytes_ = std::max(bytes_, whole_pages(1));
}

Tensors Placement::at(void* memory) const {
  Tensors tensors;
  for (size_t i = 0; i < operands_.size(); ++i)
    tensors[operands_[i].role] = static_cast<char*>(memory) + begins_[i];
  return tensors;
}

}  // namespace poolbench
