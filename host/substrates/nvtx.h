// Ranges that a profiler shows and filters by (NVTX, domain "poolbench"). Without a profiler they
// cost nothing; NVTX is headers of the CUDA Toolkit alone and finds the profiler at run time.
#ifndef POOLBENCH_HOST_SUBSTRATES_NVTX_H_
#define POOLBENCH_HOST_SUBSTRATES_NVTX_H_

#include <string>

namespace poolbench {

// Whether the headers were there at build time; ranges do nothing otherwise.
bool profiler_ranges_built();

// Everything launched from this thread while it lives lies in the range `name`.
class ProfilerRange {
 public:
  explicit ProfilerRange(const std::string& name);
  ~ProfilerRange();
  ProfilerRange(const ProfilerRange&) = delete;
  ProfilerRange& operator=(const ProfilerRange&) = delete;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_NVTX_H_
