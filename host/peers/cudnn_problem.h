// What cuDNN's pooling can express and where it means something else, apart from the library: the
// refusals and rules are tested where there is no GPU.
#ifndef POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_
#define POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_

#include "host/backend.h"
#include "host/compare.h"

namespace poolbench {

// The two ways into cuDNN, in the order in which they are tried.
inline constexpr const char* kCudnnPooling = "pooling";    // cudnnPoolingForward
inline constexpr const char* kCudnnResample = "resample";  // the graph API's resample operation

// A canonical problem as the kernel has it: sliding windows, both ends padded alike. Throws Refused
// with "parameter: reason" for what cuDNN's parameters cannot say. What it says and this cuDNN does
// not compute, only a device tells.
PoolProblem cudnn_problem(const PoolProblem& problem, std::string_view kernel);

// Backend::known_difference().
std::string cudnn_difference(const PoolProblem& problem, const void* src, const Point& point);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_PEERS_CUDNN_PROBLEM_H_
