// Copies of a problem's operands in one substrate's memory, which all contenders on it and the
// ceilings use.
//
// Cold: whole copies, handed out in a random order that no contender can learn: each pass has
// another one, in which a set stays in its half of the pass, so that it comes back late. Hot: few
// copies of the inputs and one of the outputs, so that what a launch finds in the outputs belongs
// to another input.
#ifndef POOLBENCH_BENCH_TIME_SETS_H_
#define POOLBENCH_BENCH_TIME_SETS_H_

#include <random>

#include "host/backend.h"

namespace poolbench {

class Sets {
 public:
  struct Layout {
    Layout(const std::vector<Operand>& operands, int64_t count, bool own_outputs);
    int64_t bytes() const;  // of all sets

    Placement inputs, outputs;
    int64_t count;
    bool own_outputs;
  };

  // `arena`: layout.bytes() bytes, aligned to 4 KiB. `operands` without scratch.
  Sets(Substrate& substrate, Layout layout, void* arena, std::mt19937_64& random);
  // Gives every set these inputs and outputs.
  void write(const Inputs& inputs, const Outputs& outputs);

  int64_t count() const { return layout_.count; }
  const std::vector<Operand>& inputs() const { return layout_.inputs.operands(); }
  const std::vector<Operand>& outputs() const { return layout_.outputs.operands(); }
  Substrate& substrate() const { return *substrate_; }
  Tensors at(int64_t set) const;
  // The next ones in the order.
  std::vector<int64_t> take(int64_t count);

 private:
  Substrate* substrate_;
  Layout layout_;
  char* arena_;
  std::mt19937_64& random_;
  std::vector<int64_t> order_;
  size_t at_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_SETS_H_
