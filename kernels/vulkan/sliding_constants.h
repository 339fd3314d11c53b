// What sliding.comp is specialized with.
#ifndef POOLBENCH_KERNELS_VULKAN_SLIDING_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_SLIDING_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define SLIDING_CONSTANTS(INT, FLAG)                                        \
  INT(2, kNorm)   /* norm_constant() in launch.h */                         \
  INT(3, kLayout) /* Shapes::layout */                                      \
  INT(4, kRows)   /* outputs below each other of an invocation */           \
  FLAG(5, kClip)  /* whether a window may leave the row */                  \
  /* Kernel and stride, 0: read at run time. Fixed ones have dilation 1. */ \
  INT(6, kKernelD)                                                          \
  INT(7, kKernelH)                                                          \
  INT(8, kKernelW)                                                          \
  INT(9, kStrideH)                                                          \
  INT(10, kStrideW)
POOLBENCH_CONSTANTS(SlidingConstants, SLIDING_CONSTANTS)

#endif  // POOLBENCH_KERNELS_VULKAN_SLIDING_CONSTANTS_H_
