// What several kernels ask of a problem's shapes, and the refusals that they share.
#ifndef POOLBENCH_KERNELS_CUDA_SHAPES_H_
#define POOLBENCH_KERNELS_CUDA_SHAPES_H_

#include "kernels/cuda/launch.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// The types with arithmetic on 32-bit words of one, two or four elements (words.h), summed in f32
// or, bytes, in i32.
inline constexpr Set<DType> kWordTypes = {DType::kF32, DType::kF16, DType::kBF16, DType::kI8,
                                          DType::kU8};
inline constexpr Set<Windowing> kAnyWindows = {Windowing::kSliding, Windowing::kAdaptive,
                                               Windowing::kGlobal};

// Terms of an axis that are added one after another. Two axes nest: rows first, columns after.
constexpr int32_t kMaxPlainTerms = int32_t(kAllowedPlainTerms / 2);

inline constexpr Set<DType> kFloatTypes = [] {
  Set<DType> floats;
  for (const TypeFacts& type : kTypes)
    if (type.is_float()) floats.bits |= 1u << int(type.dtype);
  return floats;
}();
inline bool is_float(const Shapes& shapes) { return kFloatTypes.has(DType(shapes.dtype)); }

// p for which Lp over floats has a form of its own: 2 costs what an average does; whole p are a few
// multiplications.
POOLBENCH_HD bool is_norm2(const Shapes& shapes) { return shapes.norm == 2; }
POOLBENCH_HD bool is_whole_power(const Shapes& shapes) {
  constexpr int kHighest = 16;
  return shapes.norm >= 1 && shapes.norm <= kHighest && shapes.norm == double(int(shapes.norm));
}

// Positions inside a plane, padding included, are counted in 32 bits.
inline Refusal refuse_large_planes(const Shapes& shapes) {
  constexpr int64_t kMost = int64_t{1} << 30;
  for (const Axis& axis : shapes.axis) {
    if (axis.src > kMost) return {Parameter::kSrc, "takes extents up to 2^30"};
    if (axis.kernel > kMost) return {Parameter::kKernel, "takes windows up to 2^30"};
    if (axis.stride > kMost) return {Parameter::kStride, "takes strides up to 2^30"};
    if (axis.dilation > kMost || axis.kernel * axis.dilation > kMost)
      return {Parameter::kDilation, "takes dilated windows up to 2^30"};
  }
  if (shapes.axis[0].src * shapes.axis[1].src > kMost || src_plane_size(shapes) > kMost)
    return {Parameter::kSrc, "takes planes of up to 2^30 elements"};
  return {};
}

inline Refusal refuse_many_outputs(const Shapes& shapes) {
  if (shapes.n * shapes.c * dst_plane_size(shapes) > kMaxItems)
    return {Parameter::kSrc, "takes up to 2^31 - 1 outputs"};
  return {};
}

inline Refusal refuse_integer_lp(const Shapes& shapes) {
  if (is_lp(shapes) && !is_float(shapes)) return {Parameter::kType, "takes lp of floats"};
  return {};
}

// Integers are averaged in f32, exactly while sum and divisor are small (divided() in sums.h).
inline Refusal refuse_large_integer_averages(const Shapes& shapes) {
  if (!is_average(shapes) || is_float(shapes)) return {};
  constexpr int64_t kMost = 1 << 15;
  int64_t taps = 1;
  for (const Axis& axis : shapes.axis) {
    const int64_t most = most_taps(shapes, axis);
    taps = taps > kMost || most > kMost ? kMost + 1 : taps * most;
  }
  if (taps > kMost) return {Parameter::kKernel, "takes integer averages of up to 2^15 taps"};
  if (shapes.divisor > kMost || shapes.divisor < -kMost)
    return {Parameter::kDivisor, "takes divisors of integer averages up to 2^15"};
  return {};
}

// Sums of a whole window one term after another.
inline Refusal refuse_long_sums(const Shapes& shapes) {
  if (!is_extreme(shapes) &&
      shapes.axis[0].kernel * shapes.axis[1].kernel * shapes.axis[2].kernel > kMaxPlainTerms)
    return {Parameter::kKernel, "takes sums of up to 32 taps"};
  return {};
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SHAPES_H_
