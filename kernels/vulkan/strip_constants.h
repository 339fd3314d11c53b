// What strip.comp is specialized with.
#ifndef POOLBENCH_KERNELS_VULKAN_STRIP_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_STRIP_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define STRIP_CONSTANTS(INT, FLAG)                                \
  INT(2, kNorm) /* norm_constant() in launch.h */                 \
  INT(3, kRows) /* outputs below each other of an invocation */   \
  INT(4, kKernelD)                                                \
  INT(5, kKernelH)                                                \
  INT(6, kKernelW)                                                \
  INT(7, kStrideH)                                                \
  INT(8, kStrideW)                                                \
  INT(9, kLeft)        /* the padding on w */                     \
  INT(10, kRight)      /* elements needed behind the runs */      \
  FLAG(11, kClip)      /* whether runs may lie outside the row */ \
  INT(12, kStoreBytes) /* alignment of output rows, at most 16 */ \
  INT(13, kLoadBytes)  /* alignment of input rows, at most 16 */  \
  INT(14, kDivisor)    /* of all windows; 0: they differ */
POOLBENCH_CONSTANTS(StripConstants, STRIP_CONSTANTS)

#endif  // POOLBENCH_KERNELS_VULKAN_STRIP_CONSTANTS_H_
