// What the host halves share of the kernels whose outputs share work: windows made of lanes
// (kernels/vulkan/lanes.glsl).
#ifndef POOLBENCH_KERNELS_VULKAN_LANES_H_
#define POOLBENCH_KERNELS_VULKAN_LANES_H_

#include "kernels/vulkan/kernels.h"

namespace poolbench::vulkan {

// Taps that are unrolled. Long unrolled windows have exhausted compilers (ncnn issue 1874).
constexpr int64_t kFixedTaps = 32;

const char* lanes_why_not(const Shapes& args);
bool is_known_window(const Shapes& args);
bool is_long_norm(const Shapes& args);
int64_t reach(const Axis& axis);
uint32_t common_divisor(const Shapes& args);
int64_t outputs_together(const Axis& axis, int64_t most, int64_t invocations, int64_t enough);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_LANES_H_
