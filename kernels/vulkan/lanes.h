// What the host halves share of the kernels whose outputs share work: windows made of lanes
// (kernels/vulkan/lanes.glsl).
//
// Nothing in them is tuned: what is marked predicted follows from counts, not from measurements.
#ifndef POOLBENCH_KERNELS_VULKAN_LANES_H_
#define POOLBENCH_KERNELS_VULKAN_LANES_H_

#include "kernels/vulkan/kernels.h"

namespace poolbench::vulkan {

// Taps that are unrolled. Long unrolled windows have exhausted compilers (ncnn issue 1874).
constexpr int64_t kFixedTaps = 32;

// Whether a problem cannot be made of lanes, with 32-bit offsets inside a plane or, channels last,
// an image.
Refusal lanes_refuse(const Shapes& shapes);

// Whether a shader may be specialized on the window: dense, sliding, and few taps.
bool is_known_window(const Shapes& shapes);
// Whether powers take so much code that they are not unrolled.
bool is_long_norm(const Shapes& shapes);

// One past the last input position that a window reads, counted from the input's begin.
int64_t reach(const Axis& axis);

// kDivisor: what all windows are divided by, or 0 where they differ. It is the divisor given, or
// the number of taps where no window is cut.
int64_t common_divisor(const Shapes& shapes);

// Outputs of an invocation on an axis: `most`, halved until `enough` invocations are left, in even
// shares of the axis. 1 where neighbours share nothing.
int64_t outputs_together(const Axis& axis, int64_t most, int64_t invocations, int64_t enough);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_LANES_H_
