// What vector.comp is specialized with.
#ifndef POOLBENCH_KERNELS_VULKAN_VECTOR_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_VECTOR_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define VECTOR_CONSTANTS(INT, FLAG)                      \
  INT(2, kNorm)   /* norm_constant() in launch.h */      \
  INT(3, kAcross) /* outputs of an invocation along w */ \
  INT(4, kRows)   /* outputs of an invocation along h */ \
  INT(5, kKernelD)                                       \
  INT(6, kKernelH)                                       \
  INT(7, kKernelW)                                       \
  INT(8, kStrideH)                                       \
  INT(9, kStrideW)                                       \
  INT(10, kDivisor) /* of all windows; 0: they differ */ \
  FLAG(11, kTables) /* windows from the tables: kernel and stride are 1 */
POOLBENCH_CONSTANTS(VectorConstants, VECTOR_CONSTANTS)

#endif  // POOLBENCH_KERNELS_VULKAN_VECTOR_CONSTANTS_H_
