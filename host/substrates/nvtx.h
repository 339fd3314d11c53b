// Ranges for profilers (NVTX, domain "poolbench"). Free without a profiler. NVTX consists of
// headers in the CUDA Toolkit and finds the profiler at run time.
#ifndef POOLBENCH_HOST_SUBSTRATES_NVTX_H_
#define POOLBENCH_HOST_SUBSTRATES_NVTX_H_

#include <string>

namespace poolbench {

// Whether the headers were found at build time. Without them ranges do nothing.
bool profiler_ranges_built();

// Puts everything that this thread launches during its lifetime in the range `name`.
class ProfilerRange {
 public:
  explicit ProfilerRange(const std::string& name);
  ~ProfilerRange();
  ProfilerRange(const ProfilerRange&) = delete;
  ProfilerRange& operator=(const ProfilerRange&) = delete;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_NVTX_H_
