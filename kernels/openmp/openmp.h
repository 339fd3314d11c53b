// The OpenMP family: all cores, vectorised. One binary holds the kernels for several instruction
// sets; the processor, or the environment's POOLBENCH_ISA, chooses among them once for the process.
#ifndef POOLBENCH_KERNELS_OPENMP_OPENMP_H_
#define POOLBENCH_KERNELS_OPENMP_OPENMP_H_

#include <span>

#include "kernels/openmp/isa.h"

namespace poolbench {

struct OpenMpFamily {
  // "baseline", "avx2", "avx512". Null, with the reason in why_not, when none of this build's runs
  // here, or not the one that POOLBENCH_ISA names.
  const char* isa;
  const char* why_not;
  std::span<const Kernel> kernels;  // run on the calling thread's OpenMP team size
  IsaKernels passes;                // the linear passes; `kernels` above is the whole list
};
const OpenMpFamily& openmp_family();

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_OPENMP_OPENMP_H_
