// What ATen's pooling can express and where it means something else, apart from the library: the
// refusals and rules are tested where there is none. `on_cuda`: ATen's CUDA kernels, or the host's.
#ifndef POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_
#define POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_

#include "host/backend.h"
#include "host/compare.h"

namespace poolbench {

// Throws Refused with "parameter: reason" for what ATen's parameters cannot say of a canonical
// problem, or its types not compute well enough. What it says and this ATen does not compute, only
// the library tells.
void require_expressible_in_aten(const PoolProblem& problem, bool on_cuda);

// ATen computes fractional windows in f64 for f64 problems and in f32 for all others; host/spec.md,
// Fractional, says f64 for all. Throws Refused where that gives other windows for any plane.
void require_windows_of_aten(const PoolProblem& problem);

// Backend::known_difference().
std::string aten_difference(const PoolProblem& problem, const void* src, const Point& point,
                            bool on_cuda);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_
