// What idle.comp is specialized with: its workgroups' size alone.
#ifndef POOLBENCH_KERNELS_VULKAN_IDLE_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_IDLE_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define IDLE_CONSTANTS(INT, FLAG)
POOLBENCH_CONSTANTS(IdleConstants, IDLE_CONSTANTS)

#endif  // POOLBENCH_KERNELS_VULKAN_IDLE_CONSTANTS_H_
