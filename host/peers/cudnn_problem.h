// What cuDNN's pooling can express, and its known differences. Separate from the library, so that
// they are tested without a GPU.
#ifndef POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_
#define POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_

#include "host/backend.h"
#include "host/compare.h"

namespace poolbench {

// cuDNN's two APIs, in the order in which they are tried.
inline constexpr const char* kCudnnPooling = "pooling";    // cudnnPoolingForward
inline constexpr const char* kCudnnResample = "resample";  // the graph API's resample operation

// Converts a canonical problem to the kernel's terms: sliding windows, the same padding at both
// ends. Throws Refused with "parameter: reason" for what cuDNN's parameters cannot express. Whether
// this version computes the others is tried on the device.
Problem cudnn_problem(const Problem& problem, std::string_view kernel);

// Backend::predictions().
std::vector<Prediction> cudnn_differences(const Problem& problem, const void* src,
                                          const Point& point);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_
