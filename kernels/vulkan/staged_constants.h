// What staged.comp is specialized with: the cut of staged_cut.h.
#ifndef POOLBENCH_KERNELS_VULKAN_STAGED_CONSTANTS_H_
#define POOLBENCH_KERNELS_VULKAN_STAGED_CONSTANTS_H_

#include "kernels/vulkan/constants.h"

#define STAGED_CONSTANTS(INT, FLAG)                                                              \
  INT(2, kNorm)   /* norm_constant() in launch.h */                                              \
  INT(3, kLayout) /* Shapes::layout */                                                           \
  INT(4, kPlanes) /* of a workgroup; channels last, of one image */                              \
  INT(5, kRows)   /* outputs of each plane */                                                    \
  INT(6, kColumns)                                                                               \
  INT(7, kSrcRows) /* the input that these read, at most */                                      \
  INT(8, kSrcColumns)                                                                            \
  INT(9, kPitch) /* lanes from a staged row to the next */                                       \
  INT(10, kReducedPitch)                                                                         \
  FLAG(11, kJoined) /* staged rows are whole and stand without space between them */             \
  INT(12, kKernelH)                                                                              \
  INT(13, kKernelW)                                                                              \
  INT(14, kStrideH)                                                                              \
  INT(15, kStrideW)                                                                              \
  INT(16, kDown)    /* windows of an invocation: of a column */                                  \
  INT(17, kAcross)  /* of a row */                                                               \
  INT(18, kDivisor) /* of all windows; 0: they differ */                                         \
  FLAG(19, kTables) /* windows from the tables: kernel and stride are 1 */                       \
  /* Held elements [kTop, kBottom) and [kLeft, kRight) are always inside the input. */           \
  INT(20, kTop)                                                                                  \
  INT(21, kBottom)                                                                               \
  INT(22, kLeft)                                                                                 \
  INT(23, kRight)                                                                                \
  INT(24, kSure)     /* of kDown outputs, those that always exist */                             \
  INT(25, kChannels) /* channels last, made together: a word of them, or one */                  \
  FLAG(26, kWholeH)  /* an invocation makes a whole column: elements beyond these are outside */ \
  FLAG(27, kWholeW)  /* the same of a row */
POOLBENCH_CONSTANTS(StagedConstants, STAGED_CONSTANTS)

#endif  // POOLBENCH_KERNELS_VULKAN_STAGED_CONSTANTS_H_
