// The family's ordered list, fastest first, for the device and for the emulator. A kernel is a
// trio: what it takes and how it cuts a problem (strip.h), its body (strip.cuh), its launch
// (strip.cu), which nvcc and the C++ compiler both read.
#ifndef POOLBENCH_KERNELS_CUDA_FAMILY_H_
#define POOLBENCH_KERNELS_CUDA_FAMILY_H_

#include "kernels/cuda/reduce.h"
#include "kernels/cuda/separable.h"
#include "kernels/cuda/sliding.h"
#include "kernels/cuda/staged.h"
#include "kernels/cuda/strip.h"
#include "kernels/cuda/table.h"
#include "kernels/cuda/vector.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// The order is predicted from bytes and from instructions counted in sm_90's code; no GPU has been
// seen. f16 3x3 s2, all of a thread's code counted:
//
//   kernel      instructions an output            remarks
//   bandwidth   69 (f32 138, i8 34)               what memory leaves time for
//   reduce      -                                 whole planes: every thread reads
//   strip       32 (f32 59, i8 24)
//   staged      79 (Lp p = 2: 142, p = 3: 198)    rows of any length; loads and stores included
//   separable   150                               13x13 s1: 39 (f32 60); tap by tap over 850
//   vector      -                                 alone in 16-byte loads for channels last
//   sliding     110 + 10 a tap                    each tap loaded on its own
//   table       350 + 10 a tap                    64-bit divisions
inline constexpr Kernel kKernels[] = {kReduce, kStrip,   kStaged, kSeparable,
                                      kVector, kSliding, kTable};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_FAMILY_H_
