#include "bench/time/sets.h"

#include <algorithm>
#include <numeric>

namespace poolbench {
namespace {

Placement of_access(const std::vector<Operand>& operands, Access access) {
  std::vector<Operand> some;
  std::ranges::copy_if(operands, std::back_inserter(some),
                       [&](const Operand& operand) { return operand.access == access; });
  return Placement(std::move(some));
}

}  // namespace

Sets::Layout::Layout(const std::vector<Operand>& operands, int64_t count, bool own_outputs)
    : inputs(of_access(operands, Access::kIn)),
      outputs(of_access(operands, Access::kOut)),
      count(count),
      own_outputs(own_outputs) {}

int64_t Sets::Layout::bytes() const {
  return count * inputs.bytes() + (own_outputs ? count : 1) * outputs.bytes();
}

Sets::Sets(Substrate& substrate, Layout layout, void* arena, std::mt19937_64& random)
    : substrate_(&substrate),
      layout_(std::move(layout)),
      arena_(static_cast<char*>(arena)),
      random_(random),
      order_(static_cast<size_t>(layout_.count)) {
  std::iota(order_.begin(), order_.end(), 0);
  std::shuffle(order_.begin(), order_.end(), random);
}

Tensors Sets::at(int64_t set) const {
  const int64_t in = layout_.inputs.bytes(), out = layout_.outputs.bytes();
  char* inputs = arena_ + (layout_.own_outputs ? set * (in + out) : out + set * in);
  char* outputs = layout_.own_outputs ? inputs + in : arena_;
  Tensors tensors = layout_.inputs.at(inputs);
  const Tensors written = layout_.outputs.at(outputs);
  for (const Operand& operand : this->outputs()) tensors[operand.role] = written[operand.role];
  return tensors;
}

void Sets::write(const Inputs& inputs, const Outputs& outputs) {
  const auto everywhere = [&](const Operand& operand, const void* from) {
    void* first = at(0)[operand.role];
    substrate_->write(first, from, operand.bytes);
    for (int64_t i = 1; i < count(); ++i)
      if (void* to = at(i)[operand.role]; to != first) substrate_->copy(to, first, operand.bytes);
  };
  for (const Operand& operand : this->inputs()) everywhere(operand, inputs[operand.role]);
  for (const Operand& operand : this->outputs())
    if (!outputs[operand.role].empty()) everywhere(operand, outputs[operand.role].data());
}

std::vector<int64_t> Sets::take(int64_t count) {
  std::vector<int64_t> sets;
  while (int64_t(sets.size()) < count) {
    if (at_ == order_.size()) {
      const auto middle = order_.begin() + int64_t(order_.size() / 2);
      std::shuffle(order_.begin(), middle, random_);
      std::shuffle(middle, order_.end(), random_);
      at_ = 0;
    }
    sets.push_back(order_[at_++]);
  }
  return sets;
}

}  // namespace poolbench
