// What linear.comp is specialized with, and what it counts with.
#ifndef POOLBENCH_KERNELS_VULKAN_LINEAR_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_LINEAR_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define LINEAR_CONSTANTS(INT, FLAG) FLAG(2, kDrop) /* reads both tensors, writes none */
POOLBENCH_CONSTANTS(LinearConstants, LINEAR_CONSTANTS)

// Bytes of an access.
POOLBENCH_NUMBER(kUnitBytes, 16)

#endif  // POOLBENCH_KERNELS_VULKAN_LINEAR_CONSTANTS_H_
