// The naive family: one thread, plain loops; every result can be followed by hand.
#ifndef POOLBENCH_KERNELS_NAIVE_NAIVE_H_
#define POOLBENCH_KERNELS_NAIVE_NAIVE_H_

#include <span>

#include "kernels/family.h"

namespace poolbench::naive {
std::span<const Kernel> kernels();
}

#endif  // POOLBENCH_KERNELS_NAIVE_NAIVE_H_
