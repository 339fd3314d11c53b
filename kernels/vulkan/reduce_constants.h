// What reduce.comp, reduce_last.comp and join.comp are specialized with, and what they count with.
#ifndef POOLBENCH_KERNELS_VULKAN_REDUCE_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_REDUCE_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define REDUCE_CONSTANTS(INT, FLAG)                                                    \
  INT(2, kNorm)  /* norm_constant() in launch.h */                                     \
  INT(3, kTeam)  /* invocations that make an output: a power of two, in a workgroup */ \
  INT(4, kParts) /* in which a plane is reduced; of join.comp, that it joins */        \
  INT(5, kSide)  /* reduce_last.comp: teams side by side, workgroup / kTeam */
POOLBENCH_CONSTANTS(ReduceConstants, REDUCE_CONSTANTS)

// Loads that an invocation has in flight.
POOLBENCH_NUMBER(kInFlight, 4)

#endif  // POOLBENCH_KERNELS_VULKAN_REDUCE_CONSTANTS_H_
