// What one instruction set's build of the kernels offers to openmp.cpp.
#ifndef POOLBENCH_KERNELS_OPENMP_ISA_H_
#define POOLBENCH_KERNELS_OPENMP_ISA_H_

#include "kernels/family.h"

namespace poolbench::openmp {

// The first bytes of two runs of memory.
struct Traffic {
  const void* src;
  int64_t read;
  void* dst;
  int64_t written;
};

// What bounds a problem (Backend::ceilings), on the calling thread's team.
struct CeilingPasses {
  void (*read)(const Traffic&);    // both runs; writes one byte
  void (*reduce)(const Traffic&);  // src into dst, evenly: r to 1, or 1 to r
  void (*stream)(const Traffic&);  // the same with stores past the caches
  // Merges and finishes so many elements as the problem's kernels do, from L1, whatever its
  // tensors. A merge is of an element that was loaded and converted as long as there are loads.
  void (*compute)(const Shapes&, int64_t loads, int64_t merges, int64_t outputs);
  bool (*computes)(const Shapes&);  // whether it can
};

// Bytes of the last-level cache, unlimited until the backend sets them: the host's substrate reads
// them, for all.
extern int64_t last_level_bytes;

// The calling thread's own memory, at least `bytes` of it from a cache line on, for what its stack
// may not hold. The first call allocates, later ones return the same unless they ask for more, and
// the end of the thread frees it.
void* thread_memory(int64_t bytes);

// Constants alone: code of a set runs only after openmp.cpp has asked the processor for it.
struct IsaBuild {
  const Kernel* const* kernels;  // fastest first; none of them need take everything
  int count;
  CeilingPasses passes;
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
