// Cold rotation: sets of the same operands in one run of memory, handed out in turn, so that a set
// has left the caches before it is used again.
#ifndef POOLBENCH_BENCH_TIME_ROTATION_H_
#define POOLBENCH_BENCH_TIME_ROTATION_H_

#include "host/backend.h"

namespace poolbench {

class Rotation {
 public:
  // `arena`: sets * placement.bytes() bytes, aligned to 4 KiB.
  Rotation(Placement placement, void* arena, int64_t sets)
      : placement_(std::move(placement)), arena_(static_cast<char*>(arena)), sets_(sets) {}

  // Gives every set the inputs.
  void write(Substrate& substrate, const Inputs& inputs) const {
    for (const Operand& operand : operands()) {
      if (operand.access != Access::kIn) continue;
      void* first = set(0)[operand.role];
      substrate.write(first, inputs[operand.role], operand.bytes);
      for (int64_t i = 1; i < sets_; ++i)
        substrate.copy(set(i)[operand.role], first, operand.bytes);
    }
  }

  const std::vector<Operand>& operands() const { return placement_.operands(); }
  // Returns the set that next() will return after `ahead` further calls.
  Tensors peek(int64_t ahead = 0) const { return set((at_ + ahead) % sets_); }
  Tensors next() {
    const Tensors tensors = peek();
    at_ = (at_ + 1) % sets_;
    return tensors;
  }
  int64_t bytes() const { return sets_ * placement_.bytes(); }

 private:
  Tensors set(int64_t i) const { return placement_.at(arena_ + i * placement_.bytes()); }

  Placement placement_;
  char* arena_;
  int64_t sets_, at_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_ROTATION_H_
