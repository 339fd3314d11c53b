// The tensors of a problem as a list. All code that places, guards, poisons, rotates, hashes, reads
// back or passes on tensors walks this list, so that a new operand is one row of operands().
#ifndef POOLBENCH_HOST_OPERANDS_H_
#define POOLBENCH_HOST_OPERANDS_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "host/problem.h"
#include "kernels/operands.h"

namespace poolbench {

// A row of kRoles (kernels/operands.h) for one problem.
struct Operand {
  Role role;
  Access access;
  std::string_view name;  // in messages
  int64_t bytes;          // may be 0: an empty batch
  int64_t element_bytes;  // scratch: 1
  int64_t alignment = 256;
};

// A T for every role; T() stands for none.
template <class T>
class ByRole {
 public:
  T& operator[](Role role) { return items_[static_cast<size_t>(role)]; }
  const T& operator[](Role role) const { return items_[static_cast<size_t>(role)]; }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  bool operator==(const ByRole&) const = default;

 private:
  std::array<T, 8> items_{};  // room for more roles
};

// Addresses in a substrate's memory.
using Tensors = ByRole<void*>;
// Contents of the inputs, in host memory.
using Inputs = ByRole<const void*>;
// The inputs of a problem whose only input is src, as in all problems today.
inline Inputs inputs_of(const void* src) {
  Inputs inputs;
  inputs[Role::kSrc] = src;
  return inputs;
}
// Contents of the outputs after a launch.
using Outputs = ByRole<std::vector<std::byte>>;

// The operands of a launch, in the order of Role: indices only if the problem has them, scratch
// only if the plan needs some.
std::vector<Operand> operands(const Problem& problem, int64_t scratch_bytes = 0);

// Rounds up to whole pages, on which operands begin.
constexpr int64_t whole_pages(int64_t bytes) {
  constexpr int64_t kPage = 4096;
  return (bytes + kPage - 1) / kPage * kPage;
}

// Operands in one block of memory: in the list's order, each on a 4 KiB boundary, with at least
// `guard` bytes (a multiple of 4 KiB) before, between and behind them.
class Placement {
 public:
  explicit Placement(std::vector<Operand> operands, int64_t guard = 0);

  const std::vector<Operand>& operands() const { return operands_; }
  int64_t begin(size_t i) const { return begins_[i]; }
  int64_t end(size_t i) const { return begins_[i] + operands_[i].bytes; }
  int64_t bytes() const { return bytes_; }
  // The operands' addresses where the run begins at `memory`.
  Tensors at(void* memory) const;

 private:
  std::vector<Operand> operands_;
  std::vector<int64_t> begins_;
  int64_t bytes_ = 0;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_OPERANDS_H_
