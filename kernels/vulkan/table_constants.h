// What table.comp is specialized with, and what it counts with.
#ifndef POOLBENCH_KERNELS_VULKAN_TABLE_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_TABLE_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define TABLE_CONSTANTS(INT, FLAG)                  \
  INT(2, kNorm)   /* norm_constant() in launch.h */ \
  FLAG(3, kTeams) /* a workgroup makes one output */
POOLBENCH_CONSTANTS(TableConstants, TABLE_CONSTANTS)

// Loads that a member of a team has in flight.
POOLBENCH_NUMBER(kInFlight, 4)

#endif  // POOLBENCH_KERNELS_VULKAN_TABLE_CONSTANTS_H_
