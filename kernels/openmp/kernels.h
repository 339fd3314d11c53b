// The kernels of one instruction set. Each file of this folder that is a kernel ends with its row.
#ifndef POOLBENCH_KERNELS_OPENMP_KERNELS_H_
#define POOLBENCH_KERNELS_OPENMP_KERNELS_H_

#include "kernels/openmp/isa.h"

// The ordered list, fastest first. To add a kernel: its file, its row's name here, and the file's
// name in kernels/CMakeLists.txt.
#define POOLBENCH_OPENMP_KERNELS(X) \
  X(kCopy) X(kWhole) X(kStrips) X(kRows) X(kBands) X(kChannels) X(kFolds) X(kTile) X(kIndices)

namespace poolbench::openmp::POOLBENCH_ISA {

#define POOLBENCH_ROW(kernel) extern const Kernel kernel;
POOLBENCH_OPENMP_KERNELS(POOLBENCH_ROW)
#undef POOLBENCH_ROW

// CeilingPasses of isa.h.
void read_bytes(const Traffic& traffic);
void reduce_bytes(const Traffic& traffic);
void stream_bytes(const Traffic& traffic);
void compute(const Shapes& shapes, int64_t loads, int64_t merges, int64_t outputs);
bool computes(const Shapes& shapes);

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_KERNELS_H_
