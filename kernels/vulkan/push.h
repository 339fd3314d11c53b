// The push constants of every shader, read by C++ and GLSL: where the arguments and the tensors
// are. The tensors stand beside the arguments and not in them, so that one copy of the arguments
// serves a plan however often and with whatever tensors it is launched.
#ifndef POOLBENCH_KERNELS_VULKAN_PUSH_H_
#define POOLBENCH_KERNELS_VULKAN_PUSH_H_

#include "kernels/fast_divisor.h"
#include "kernels/vulkan/constants.h"

#ifdef __cplusplus
#include "kernels/pool_args.h"
namespace poolbench::vulkan {
#endif

struct Push {
  uint64_t pool_args;  // a PoolArgs, whose own tensors are null
  uint64_t src;
  uint64_t dst;
  uint64_t indices;
  uint64_t scratch;
  FastDivisor extents[4];  // what an invocation's number is taken apart by
};

#ifdef __cplusplus
}  // namespace poolbench::vulkan
#endif

// From a window of a table to the next: GLSL has no sizeof.
POOLBENCH_NUMBER(kWindowBytes, 24)
#ifdef __cplusplus
static_assert(sizeof(poolbench::Window) == poolbench::vulkan::kWindowBytes);
#endif

#endif  // POOLBENCH_KERNELS_VULKAN_PUSH_H_
