// What the kernels' host halves share: the shader of a problem, and numbers that they are cut by.
#ifndef POOLBENCH_KERNELS_VULKAN_LAUNCH_H_
#define POOLBENCH_KERNELS_VULKAN_LAUNCH_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include "kernels/axes.h"
#include "kernels/reduce.h"
#include "kernels/vulkan/kernels.h"

namespace poolbench::vulkan {

// Invocations in a workgroup, where they do not work together: a power of two that suits sub-groups
// of 4 to 128.
constexpr int64_t kGroup = 128;

// What shaders are made for (types.glsl and CMakeLists.txt have the same names).
inline constexpr Set<Reduction> kReductions = {Reduction::kMax, Reduction::kAvgIncludePad,
                                               Reduction::kAvgExcludePad, Reduction::kLp,
                                               Reduction::kMin};
inline constexpr Set<DType> kTypes = {DType::kF64,  DType::kF32, DType::kF16,
                                      DType::kBF16, DType::kI8,  DType::kU8,
                                      DType::kI32,  DType::kI16, DType::kI64};
// Of these one access of 16 bytes is four values or more.
inline constexpr Set<DType> kTypesUpTo4Bytes = {DType::kF32, DType::kF16, DType::kBF16, DType::kI8,
                                                DType::kU8,  DType::kI32, DType::kI16};

// REDUCTION of types.glsl, as it stands in a shader's name.
inline const char* made(const Shapes& shapes) {
  switch (Reduction(shapes.reduction)) {
    case Reduction::kMax:
      return shapes.with_indices != 0 ? "max_index" : "max";
    case Reduction::kMin:
      return shapes.with_indices != 0 ? "min_index" : "min";
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
      return "average";
    case Reduction::kLp:
      return "lp";
  }
  return "";
}
// Whether windows are summed, so that a divisor and an error in sums are to be thought of.
inline bool is_sum(const Shapes& shapes) {
  switch (Reduction(shapes.reduction)) {
    case Reduction::kMax:
    case Reduction::kMin:
      return false;
    case Reduction::kAvgIncludePad:
    case Reduction::kAvgExcludePad:
    case Reduction::kLp:
      return true;
  }
  return true;
}

// The shader made of `source`.comp for a problem's type and reduction.
inline std::string shader_name(const char* source, const Shapes& shapes) {
  return std::string(source) + '.' + facts(DType(shapes.dtype)).name + '.' + made(shapes);
}

// kNorm: p where it is a whole number in [1, 1024], -1 where it is infinite, else 0.
inline int64_t norm_constant(const Shapes& shapes) {
  if (!is_lp(shapes)) return 0;
  if (std::isinf(shapes.norm)) return -1;
  const bool whole =
      shapes.norm >= 1 && shapes.norm <= 1024 && shapes.norm == std::floor(shapes.norm);
  return whole ? int64_t(shapes.norm) : 0;
}

// Smallest power of two >= clamp(value, 1, most).
inline int64_t power_of_two(int64_t value, int64_t most) {
  return int64_t(std::bit_ceil(uint64_t(std::clamp<int64_t>(value, 1, most))));
}

inline bool channels_last(const Shapes& shapes) {
  return Layout(shapes.layout) == Layout::kChannelsLast;
}
inline int64_t element_bytes(const Shapes& shapes) { return dtype_bytes(DType(shapes.dtype)); }
// Elements of an access of 16 bytes (LANES of types.glsl).
inline int64_t lanes(const Shapes& shapes) { return 16 / element_bytes(shapes); }
inline bool is_integer(const Shapes& shapes) { return !facts(DType(shapes.dtype)).is_float(); }

// Whether windows stand in tables alone. Global ones have a kernel and a stride, but shaders that
// know them would be unrolled over whole planes.
inline bool in_tables(const Shapes& shapes) {
  switch (Windowing(shapes.windowing)) {
    case Windowing::kSliding:
      return false;
    case Windowing::kAdaptive:
    case Windowing::kGlobal:
    case Windowing::kFractional:
      return true;
  }
  return true;
}

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_LAUNCH_H_
