// Numbers of a problem that several of the Vulkan kernels are cut by.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_SHAPES_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_SHAPES_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/dtype.h"
#include "kernels/pool_args.h"

namespace poolbench {

inline int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The least one that is no less than `value`, which is taken to be from 1 to `most`.
inline int64_t power_of_two(int64_t value, int64_t most) {
  return int64_t(std::bit_ceil(uint64_t(std::clamp<int64_t>(value, 1, most))));
}

inline int64_t src_plane(const PoolArgs& args) {
  return args.axis[0].src * args.axis[1].src * args.axis[2].src;
}
inline int64_t dst_plane(const PoolArgs& args) {
  return args.axis[0].dst * args.axis[1].dst * args.axis[2].dst;
}
inline bool channels_last(const PoolArgs& args) {
  return Layout(args.layout) == Layout::kChannelsLast;
}
inline int64_t element_bytes(const PoolArgs& args) { return dtype_bytes(DType(args.dtype)); }
inline int64_t lanes(const PoolArgs& args) { return 16 / element_bytes(args); }
inline bool is_integer(const PoolArgs& args) { return DType(args.dtype) >= DType::kI8; }

// Whether windows stand in tables alone (adaptive, fractional, global ones).
inline bool in_tables(const PoolArgs& args) {
  return Windowing(args.windowing) != Windowing::kSliding;
}

// The most taps that a window has on an axis.
inline int64_t most_taps(const PoolArgs& args, const Axis& axis) {
  if (Windowing(args.windowing) != Windowing::kAdaptive || axis.dst == 0) return axis.kernel;
  return std::min(axis.src, axis.src / axis.dst + 2);
}

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_SHAPES_H_
