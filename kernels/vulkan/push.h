// The push constants of every shader, read by C++ and GLSL: where the arguments and the tensors
// are. The tensors stand beside the arguments and not in them, so that one copy of the arguments
// serves a plan however often and with whatever tensors it is launched.
#ifndef POOLBENCH_KERNELS_VULKAN_PUSH_H_
#define POOLBENCH_KERNELS_VULKAN_PUSH_H_

#ifdef __cplusplus
#include <cstdint>
namespace poolbench::vulkan {
#endif

// A number known at launch that shaders divide by: n / by = (n + (n * factor >> 32)) >> shift for n
// in [0, 2^31) (Granlund and Montgomery 1994, figure 4.1).
struct Extent {
  uint32_t by;
  uint32_t factor;
  uint32_t shift;
};

struct Push {
  uint64_t pool_args;  // a PoolArgs, whose own tensors are null
  uint64_t src;
  uint64_t dst;
  uint64_t indices;
  uint64_t scratch;
  Extent extents[4];  // what an invocation's number is taken apart by
};

#ifdef __cplusplus
}  // namespace poolbench::vulkan
#endif

#endif  // POOLBENCH_KERNELS_VULKAN_PUSH_H_
