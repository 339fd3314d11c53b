// The push constants of every shader, read by C++ and GLSL: where the arguments and the tensors
// are. The tensors stand beside the arguments and not in them, so that one copy of the arguments
// serves a plan however often and with whatever tensors it is launched.
#ifndef POOLBENCH_KERNELS_VULKAN_PUSH_H_
#define POOLBENCH_KERNELS_VULKAN_PUSH_H_

#ifdef __cplusplus
#include <cstdint>
namespace poolbench {
#endif

struct Push {
  uint64_t args;  // of a PoolArgs, whose own tensors are null
  uint64_t src;
  uint64_t dst;
  uint64_t indices;
  uint64_t scratch;
};

#ifdef __cplusplus
}  // namespace poolbench
#endif

#endif  // POOLBENCH_KERNELS_VULKAN_PUSH_H_
