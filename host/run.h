// Runs a plan on any substrate for its results: memory, poison, guards, the Plan contract.
#ifndef POOLBENCH_HOST_RUN_H_
#define POOLBENCH_HOST_RUN_H_

#include "host/backend.h"
#include "host/guard_pages.h"

namespace poolbench {

// What the outputs among `operands` hold.
Outputs read_outputs(Substrate& substrate, const std::vector<Operand>& operands,
                     const Tensors& tensors);

// Operands on a substrate, each between guards.
class TensorSet {
 public:
  // Throws OutOfMemory. Copies the inputs in. `behind`: bytes behind each operand that are no guard
  // page (Plan::reads_behind()).
  TensorSet(Substrate& substrate, std::vector<Operand> operands, const Inputs& inputs,
            int64_t behind = 0);
  // A problem's operands; `src` in the problem's type and layout.
  TensorSet(Substrate& substrate, const Problem& problem, const void* src, int64_t scratch_bytes);

  const Tensors& tensors() const { return tensors_; }
  // Fills all but the inputs with a pattern: outputs, scratch and guards. What a kernel leaves of
  // it in an output, it did not write.
  void poison(uint8_t pattern);
  Outputs read() const { return read_outputs(*substrate_, placement_.operands(), tensors_); }
  // Puts the operands at the end of their pages, as far as their alignment allows, where they were
  // at the begin. Copies the inputs in.
  void move_to_end(const Inputs& inputs);
  // The pages before, between and behind the operands. On the host alone.
  std::vector<GuardPages::Range> guards() const;
  // Which operand an address in a guard is next to, in words.
  std::string describe(const char* in_guard) const;
  // Empty, or which guard was written over or which input was changed. `inputs` as given before.
  std::string violation(const Inputs& inputs, uint8_t pattern) const;

 private:
  void place(const Inputs& inputs);
  void* at(int64_t offset) const { return static_cast<char*>(base_) + offset; }
  int64_t begin(size_t i) const { return placement_.begin(i) + shifts_[i]; }
  int64_t pages(size_t i) const { return whole_pages(placement_.operands()[i].bytes + behind_); }
  int64_t end(size_t i) const { return placement_.end(i) + shifts_[i]; }

  Substrate* substrate_;
  Placement placement_;
  int64_t behind_;
  Buffer memory_;
  void* base_;                   // on a page
  std::vector<int64_t> shifts_;  // of each operand, from its page's begin
  Tensors tensors_;
};

// The results of a plan on an input.
struct Outcome {
  Outputs outputs;
  std::string broken;  // which rule of the Plan contract was broken, and where; empty: none

  const void* dst() const { return outputs[Role::kDst].data(); }
  const int64_t* indices() const {  // null without
    return reinterpret_cast<const int64_t*>(outputs[Role::kIndices].data());
  }
};

// Runs the plan twice, on differently poisoned outputs. If an element differs between the runs, it
// was not written, or not computed from the input alone. A changed guard: a write beyond an
// operand. A changed input: a write to it. On the host no access beyond an operand's pages goes
// unseen, not even a read: the operands lie at the begin of their pages in the first run, at the
// end in the second one. Throws what the device throws.
Outcome run_checked(Plan& plan, Substrate& substrate, const std::vector<Operand>& operands,
                    const Inputs& inputs);
// The same for a problem's operands; `src` in the problem's type and layout.
Outcome run_checked(Plan& plan, Substrate& substrate, const Problem& problem, const void* src);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_RUN_H_
