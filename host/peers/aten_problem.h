// What ATen's pooling can express, and its known differences. Separate from the library, so that
// they are tested without it. `on_cuda`: ATen's CUDA kernels, else the host's.
#ifndef POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_
#define POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_

#include "host/backend.h"
#include "host/compare.h"

namespace poolbench {

// Throws Refused with "parameter: reason" for a canonical problem that ATen's parameters cannot
// express or its types cannot compute accurately. Whether this version computes the others is tried
// elsewhere.
void require_expressible_in_aten(const Problem& problem, bool on_cuda);

// ATen computes fractional windows in f64 for f64 problems and in f32 for all others; host/spec.md,
// Fractional, says f64 for all. Throws Refused where that gives other windows for any plane.
void require_windows_of_aten(const Problem& problem);

// Backend::predictions().
std::vector<Prediction> aten_differences(const Problem& problem, const void* src,
                                         const Point& point, bool on_cuda);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_ATEN_PROBLEM_H_
