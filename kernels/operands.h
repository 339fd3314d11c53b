// The tensors that a launch gets, as a list: what each is to the problem, its bytes, its address in
// PoolArgs. The host's own list (host/operands.h) shares Role and Access.
#ifndef POOLBENCH_KERNELS_OPERANDS_H_
#define POOLBENCH_KERNELS_OPERANDS_H_

#include "kernels/axes.h"
#include "kernels/types.h"

namespace poolbench {

// What an operand is to the problem. Modules see the numbers (host/module.h).
enum class Role : int32_t { kSrc, kDst, kIndices, kScratch };

// What a launch does with an operand: reads it, writes all of it, or does as it likes.
enum class Access : int32_t { kIn, kOut, kScratch };

struct RoleFacts {
  Role role;
  const char* name;
  Access access;
};
// One row an operand, in Role's order.
inline constexpr RoleFacts kRoles[] = {
    {Role::kSrc, "src", Access::kIn},
    {Role::kDst, "dst", Access::kOut},
    {Role::kIndices, "indices", Access::kOut},
    {Role::kScratch, "scratch", Access::kScratch},
};

// Where an operand is; null: a launch of these arguments has none.
inline const void* operand_address(const PoolArgs& args, Role role) {
  switch (role) {
    case Role::kSrc:
      return args.src;
    case Role::kDst:
      return args.dst;
    case Role::kIndices:
      return args.indices;
    case Role::kScratch:
      return args.scratch;
  }
  return nullptr;
}

// Bytes of one element of an operand; scratch has bytes.
inline int64_t operand_element_bytes(const Shapes& shapes, Role role) {
  switch (role) {
    case Role::kSrc:
    case Role::kDst:
      return dtype_bytes(DType(shapes.dtype));
    case Role::kIndices:
      return sizeof(int64_t);
    case Role::kScratch:
      return 1;
  }
  return 0;
}

// Bytes of an operand; of scratch as many as its kernel asks for.
inline int64_t operand_bytes(const Shapes& shapes, Role role, int64_t scratch_bytes = 0) {
  const int64_t element = shapes.n * shapes.c * operand_element_bytes(shapes, role);
  switch (role) {
    case Role::kSrc:
      return src_plane_size(shapes) * element;
    case Role::kDst:
    case Role::kIndices:
      return dst_plane_size(shapes) * element;
    case Role::kScratch:
      return scratch_bytes;
  }
  return 0;
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_OPERANDS_H_
