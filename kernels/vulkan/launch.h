// What the host halves of the kernels share: numbers of a problem that they are cut by.
#ifndef POOLBENCH_KERNELS_VULKAN_LAUNCH_H_
#define POOLBENCH_KERNELS_VULKAN_LAUNCH_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/axes.h"
#include "kernels/types.h"
#include "kernels/vulkan/kernels.h"

namespace poolbench::vulkan {

// The least one that is no less than `value`, which is taken to be from 1 to `most`.
inline int64_t power_of_two(int64_t value, int64_t most) {
  return int64_t(std::bit_ceil(uint64_t(std::clamp<int64_t>(value, 1, most))));
}

inline bool channels_last(const Shapes& args) {
  return Layout(args.layout) == Layout::kChannelsLast;
}
inline int64_t element_bytes(const Shapes& args) { return dtype_bytes(DType(args.dtype)); }
inline int64_t lanes(const Shapes& args) { return 16 / element_bytes(args); }
inline bool is_integer(const Shapes& args) { return !facts(DType(args.dtype)).is_float(); }

// Whether windows stand in tables alone (adaptive, fractional, global ones).
inline bool in_tables(const Shapes& args) {
  return Windowing(args.windowing) != Windowing::kSliding;
}

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_LAUNCH_H_
