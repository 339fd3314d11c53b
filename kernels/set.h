// Sets of an enum's values, and what a function must be to serve host code, CUDA device code and
// every instruction set's build of the OpenMP kernels.
#ifndef POOLBENCH_KERNELS_SET_H_
#define POOLBENCH_KERNELS_SET_H_

#include <cstdint>
#include <initializer_list>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#define POOLBENCH_HD __host__ __device__ __forceinline__
#else
// Always inlined: a copy that the linker shares could be the one compiled for AVX-512.
#define POOLBENCH_HD __attribute__((always_inline)) inline
#endif

namespace poolbench {

template <class Enum>
struct Set {
  uint32_t bits = 0;

  constexpr Set() = default;
  // By its bits, as nvcc writes a set that is a template argument.
  constexpr explicit Set(uint32_t of) : bits(of) {}
  constexpr Set(std::initializer_list<Enum> values) {
    for (const Enum value : values) bits |= 1u << int(value);
  }
  // The `count` first values.
  static constexpr Set first(int count) { return Set((1u << count) - 1); }
  // A number that is no value is in no set.
  POOLBENCH_HD constexpr bool has(Enum value) const {
    return uint32_t(value) < 32 && (bits >> uint32_t(value) & 1) != 0;
  }
  // Calls f(value) for each, in the enum's order.
  template <class F>
  void for_each(F&& f) const {
    for (uint32_t rest = bits; rest != 0; rest &= rest - 1) f(Enum(__builtin_ctz(rest)));
  }
};

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_SET_H_
