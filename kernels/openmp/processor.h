// Which instruction sets this processor has. CMake asks too, for POOLBENCH_NATIVE.
#ifndef POOLBENCH_KERNELS_OPENMP_PROCESSOR_H_
#define POOLBENCH_KERNELS_OPENMP_PROCESSOR_H_

#if defined(__x86_64__)
#include <cpuid.h>

namespace poolbench::openmp {

inline bool has_f16c() {  // clang 14's __builtin_cpu_supports does not know the name
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

inline bool has_avx2() {
  return has_f16c() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi2");
}

inline bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("bmi2");
}

}  // namespace poolbench::openmp
#endif

#endif  // POOLBENCH_KERNELS_OPENMP_PROCESSOR_H_
