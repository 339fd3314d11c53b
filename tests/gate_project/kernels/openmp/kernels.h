#ifndef POOLBENCH_KERNELS_OPENMP_KERNELS_H_
#define POOLBENCH_KERNELS_OPENMP_KERNELS_H_

#include <cmath>

#include "host/module.h"

namespace poolbench {

void rows(const poolbench_problem& problem, const float* src, float* dst);
void copy(const poolbench_problem& problem, const float* src, float* dst);

// Max over the windows of all planes.
__attribute__((always_inline)) inline void pool(const poolbench_problem& p, const float* src,
                                                float* dst) {
  for (int64_t plane = 0; plane < p.n * p.c; ++plane, src += p.src[1] * p.src[2])
    for (int64_t o = 0; o < p.dst[1] * p.dst[2]; ++o) {
      const int64_t top = o / p.dst[2] * p.stride[1] - p.pad_begin[1];
      const int64_t left = o % p.dst[2] * p.stride[2] - p.pad_begin[2];
      float best = -INFINITY;
      for (int64_t tap = 0; tap < p.kernel[1] * p.kernel[2]; ++tap) {
        const int64_t h = top + tap / p.kernel[2] * p.dilation[1];
        const int64_t w = left + tap % p.kernel[2] * p.dilation[2];
        if (h < 0 || h >= p.src[1] || w < 0 || w >= p.src[2]) continue;
        const float value = src[h * p.src[2] + w];
        if (value > best || std::isnan(value)) best = value;
      }
      *dst++ = best;
    }
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_OPENMP_KERNELS_H_
