#include "host/operands.h"

#include <algorithm>

#include "kernels/family.h"

namespace poolbench {
std::vector<Operand> operands(const Problem& problem, int64_t scratch_bytes) {
  const Shapes& shapes = problem.shapes();
  std::vector<Operand> list;
  for (const RoleFacts& row : kRoles)
    if (row.role == Role::kScratch ? scratch_bytes > 0 : operands_of(shapes).has(row.role))
      list.push_back({row.role, row.access, row.name,
                      operand_bytes(shapes, row.role, scratch_bytes),
                      operand_element_bytes(shapes, row.role)});
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
