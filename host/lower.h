// Lowers a problem to what kernels receive.
#ifndef POOLBENCH_HOST_LOWER_H_
#define POOLBENCH_HOST_LOWER_H_

#include "host/operands.h"

namespace poolbench {

// The shapes as the kernels here receive them. Adaptive windows that divide every axis evenly
// become sliding ones, which they are.
Shapes lower_for_kernels(const Problem& problem);

// The window tables of all axes in one array, to be copied to a device as it is. Throws OutOfMemory
// where the host cannot hold them.
struct Tables {
  std::vector<Window> windows;
  std::array<int64_t, 3> offset = {};        // of each axis' table in the array
  std::array<int64_t, 3> plane_stride = {};  // 0, or the axis' extent: fractional
};
Tables window_tables(const Problem& problem);

// A launch's arguments, but for tables and operands, which are null.
inline PoolArgs without_memory(const Shapes& shapes) {
  PoolArgs args{};
  static_cast<Shapes&>(args) = shapes;
  return args;
}

// Points `args` at a launch's tensors.
void set_operands(PoolArgs& args, const Tensors& tensors);

// Points `args` at the tables that stand at `base`, an address in whatever memory.
void set_tables(PoolArgs& args, const Tables& tables, const Window* base);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_LOWER_H_
