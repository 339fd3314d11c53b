// The OpenMP family: all cores, vectorised.
#ifndef POOLBENCH_KERNELS_OPENMP_OPENMP_H_
#define POOLBENCH_KERNELS_OPENMP_OPENMP_H_

#include <span>

#include "kernels/pool_args.h"

namespace poolbench {
// Run on the calling thread's OpenMP team size.
std::span<const Kernel> openmp_kernels();
}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_OPENMP_OPENMP_H_
