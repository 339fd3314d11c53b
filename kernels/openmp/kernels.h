// The kernels of one instruction set. Each file of this folder that is a kernel ends with its row.
#ifndef POOLBENCH_KERNELS_OPENMP_KERNELS_H_
#define POOLBENCH_KERNELS_OPENMP_KERNELS_H_

#include "kernels/family.h"

// The ordered list, fastest first. To add a kernel: its file, its row's name here, and the file's
// name in kernels/CMakeLists.txt.
#define POOLBENCH_OPENMP_KERNELS(X) \
  X(kCopy) X(kWhole) X(kStrips) X(kRows) X(kBands) X(kChannels) X(kFolds) X(kTile) X(kIndices)

namespace poolbench::openmp::POOLBENCH_ISA {

#define POOLBENCH_ROW(kernel) extern const Kernel kernel;
POOLBENCH_OPENMP_KERNELS(POOLBENCH_ROW)
#undef POOLBENCH_ROW

// Linear passes (LinearPasses of isa.h).
void copy_bytes(void* dst, const void* src, int64_t bytes);
void read_bytes(void* dst, const void* src, int64_t bytes);
void reduce_bytes(void* dst, const void* src, int64_t bytes_read, int64_t bytes_written);

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_KERNELS_H_
