// Division by a number that is known at launch: a multiplication and a shift. One text for C++,
// CUDA and GLSL. Source: Granlund and Montgomery 1994, figure 4.1.
#ifndef POOLBENCH_KERNELS_FAST_DIVISOR_H_
#define POOLBENCH_KERNELS_FAST_DIVISOR_H_

#ifdef __cplusplus
#include "kernels/set.h"

#define POOLBENCH_IN_OUT(type) type&
namespace poolbench {

POOLBENCH_HD uint32_t multiply_high(uint32_t a, uint32_t b) {
#ifdef __CUDA_ARCH__
  return __umulhi(a, b);
#else
  return uint32_t((uint64_t{a} * b) >> 32);
#endif
}
#else
#define POOLBENCH_HD
#define POOLBENCH_IN_OUT(type) inout type
uint32_t multiply_high(uint32_t a, uint32_t b) {
  uint32_t high, low;
  umulExtended(a, b, high, low);
  return high;
}
#endif

// Divides n in [0, 2^31).
struct FastDivisor {
  uint32_t divisor;
  uint32_t factor;
  uint32_t shift;
};

POOLBENCH_HD uint32_t divide(uint32_t n, FastDivisor by) {
  return (multiply_high(n, by.factor) + n) >> by.shift;
}

// Takes the place on the fastest axis, which has `by` places, off the number n of an element:
// returns n % by and leaves n / by, the number on the axes to come.
POOLBENCH_HD uint32_t peel(POOLBENCH_IN_OUT(uint32_t) n, FastDivisor by) {
  const uint32_t quotient = divide(n, by);
  const uint32_t place = n - quotient * by.divisor;
  n = quotient;
  return place;
}

#ifdef __cplusplus
// by: 1 to 2^31 - 1.
inline FastDivisor fast_divisor(int64_t by) {
  FastDivisor result{uint32_t(by), 1, 0};
  while ((int64_t{1} << result.shift) < by) ++result.shift;
  result.factor = uint32_t((((int64_t{1} << result.shift) - by) << 32) / by + 1);
  return result;
}

}  // namespace poolbench
#endif
#undef POOLBENCH_IN_OUT

#endif  // POOLBENCH_KERNELS_FAST_DIVISOR_H_
