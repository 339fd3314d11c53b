// What a team's members hold while they reduce: a window's elements so far. Read by GLSL, where Key
// and Real are the type's (types.glsl), and by C++ for the sizes.
#ifndef POOLBENCH_KERNELS_VULKAN_OPS_H_
#define POOLBENCH_KERNELS_VULKAN_OPS_H_

#include "kernels/vulkan/constants.h"

#ifdef __cplusplus
namespace poolbench::vulkan {
template <class Key, class Real>
struct Ops {
#endif

  struct RunningSum {
    Real sum;
    Real lost;
  };
  struct MaxOp {
    Key best;
  };
  struct MaxIndexOp {
    Key best;
    int64_t at;  // a place (types.glsl); below 0: no tap yet
  };
  struct AverageOp {
    RunningSum sum;
  };
  struct IntegerAverageOp {
    int64_t sum;
  };
  struct LpOp {
    RunningSum sum;
    Key largest;
  };

#ifdef __cplusplus
};
}  // namespace poolbench::vulkan
#endif

// An Op's place in scratch memory.
POOLBENCH_NUMBER(kScratchOpBytes, 32)

#endif  // POOLBENCH_KERNELS_VULKAN_OPS_H_
