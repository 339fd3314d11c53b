// The OpenMP family: all cores, vectorised. One binary holds the kernels for several instruction
// sets; the processor, or the environment's POOLBENCH_ISA, chooses among them once for the process.
#ifndef POOLBENCH_KERNELS_OPENMP_OPENMP_H_
#define POOLBENCH_KERNELS_OPENMP_OPENMP_H_

#include <vector>

#include "kernels/openmp/isa.h"

namespace poolbench::openmp {

struct Family {
  // "baseline", "avx2", "avx512". Null, with the reason in why_not, when none of this build's runs
  // here, or not the one that POOLBENCH_ISA names.
  const char* isa;
  const char* why_not;
  std::vector<Kernel> kernels;  // run on the calling thread's OpenMP team size
  CeilingPasses passes;
};
const Family& family();

// The last of `kernels`, the same for all instruction sets.
extern const Kernel kTable;

}  // namespace poolbench::openmp

#endif  // POOLBENCH_KERNELS_OPENMP_OPENMP_H_
