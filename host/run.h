// One plan run for its results: memory, poison, guards and the contract, whatever the substrate.
#ifndef POOLBENCH_HOST_RUN_H_
#define POOLBENCH_HOST_RUN_H_

#include <cstddef>

#include "host/backend.h"

namespace poolbench {

// A problem's tensors on a substrate, each between guards. The unit of cold rotation too.
class TensorSet {
 public:
  // Throws OutOfMemory. `src` (host memory, in the problem's type and layout) is copied in.
  TensorSet(Substrate& substrate, const Problem& problem, const void* src, int64_t scratch_bytes);

  const Tensors& tensors() const { return tensors_; }
  // Fills outputs and guards with a pattern; what a kernel leaves of it, it did not write.
  void poison(uint8_t pattern);
  std::vector<std::byte> read_dst() const;
  std::vector<int64_t> read_indices() const;
  // Empty, or which guard was written over or that the input was changed. `src` as given before.
  std::string violation(const void* src, uint8_t pattern) const;

 private:
  Substrate* substrate_;
  int64_t src_bytes_, dst_bytes_, index_bytes_, scratch_bytes_;
  Buffer memory_;
  int64_t dst_at_, index_at_, scratch_at_, end_;
  Tensors tensors_;
};

// What one plan came to on one input.
struct Outcome {
  std::vector<std::byte> dst;
  std::vector<int64_t> indices;
  std::string broken;  // which rule of the Plan contract was broken, and where; empty: none
};

// Runs the plan twice on differently poisoned outputs. An element that differs between the two was
// not written, or not computed from the input alone; a changed guard was written beyond the
// output; a changed input was written at all. Throws what the device throws.
Outcome run_checked(Plan& plan, Substrate& substrate, const Problem& problem, const void* src);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_RUN_H_
