// What one instruction set's build of the kernels offers to openmp.cpp.
#ifndef POOLBENCH_KERNELS_OPENMP_ISA_H_
#define POOLBENCH_KERNELS_OPENMP_ISA_H_

#include "kernels/family.h"

namespace poolbench::openmp {

// Linear passes for the ceilings, on the calling thread's team: see Backend::ceilings.
struct LinearPasses {
  void (*copy)(void* dst, const void* src, int64_t bytes);
  void (*read)(void* dst, const void* src, int64_t bytes);
  void (*reduce)(void* dst, const void* src, int64_t bytes_read, int64_t bytes_written);
};

// Constants alone: code of a set runs only after openmp.cpp has asked the processor for it.
struct IsaBuild {
  const Kernel* const* kernels;  // fastest first; none of them need take everything
  int count;
  LinearPasses passes;
};

#define POOLBENCH_DECLARE_ISA(isa) \
  namespace isa {                  \
  extern const IsaBuild kBuild;    \
  }
POOLBENCH_DECLARE_ISA(baseline)
POOLBENCH_DECLARE_ISA(avx2)
POOLBENCH_DECLARE_ISA(avx512)
#undef POOLBENCH_DECLARE_ISA

}  // namespace poolbench::openmp

#endif  // POOLBENCH_KERNELS_OPENMP_ISA_H_
