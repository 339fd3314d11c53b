// What each instruction set's build of the kernels offers to openmp.cpp.
#ifndef POOLBENCH_KERNELS_OPENMP_ISA_H_
#define POOLBENCH_KERNELS_OPENMP_ISA_H_

#include "kernels/family.h"

namespace poolbench {

struct IsaKernels {
  const Kernel* kernels;  // fastest first; none of them need take everything
  int count;
  // Linear passes for the ceilings, on the calling thread's team: see Backend::ceilings.
  void (*copy)(void* dst, const void* src, int64_t bytes);
  void (*read)(void* dst, const void* src, int64_t bytes);
  void (*reduce)(void* dst, const void* src, int64_t bytes_read, int64_t bytes_written);
};

#define POOLBENCH_DECLARE_ISA(isa) \
  namespace isa {                  \
  IsaKernels isa_kernels();        \
  }
POOLBENCH_DECLARE_ISA(baseline)
POOLBENCH_DECLARE_ISA(avx2)
POOLBENCH_DECLARE_ISA(avx512)
#undef POOLBENCH_DECLARE_ISA

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_OPENMP_ISA_H_
