// CUDA's runtime on the host: one device, whose memory a test sets. It takes the runtime's place in
// a test that links it, and has what host/substrates/cuda.cpp calls and no more. As the real one it
// remembers an error until somebody asks for it.
#ifndef POOLBENCH_TESTS_FAKE_CUDA_H_
#define POOLBENCH_TESTS_FAKE_CUDA_H_

#include <cstdint>
#include <functional>

namespace poolbench::fake_cuda {

inline int64_t most_bytes = int64_t{1} << 30;  // that an allocation may have
inline bool graphs_fit = true;                 // whether there is memory for another graph
inline int64_t memory = 0, graphs = 0, executables = 0, events = 0;  // that are not freed yet

// What a kernel's launch is: done when the graph that captures it is launched.
void enqueue(void* stream, std::function<void()> kernel);
// A call of host code, as cudaLaunchHostFunc() enqueues it.
void enqueue_host_call(void* stream);

}  // namespace poolbench::fake_cuda

#endif  // POOLBENCH_TESTS_FAKE_CUDA_H_
