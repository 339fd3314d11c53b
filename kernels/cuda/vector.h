// vector: what it takes, and the windows that it is compiled for.
#ifndef POOLBENCH_KERNELS_CUDA_VECTOR_H_
#define POOLBENCH_KERNELS_CUDA_VECTOR_H_

#include "kernels/cuda/shapes.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// The extent on h and w that a body is compiled for; 0: none.
inline int fixed_window(const Shapes& shapes) {
  const int64_t kernel = shapes.axis[2].kernel;
  const bool fixed = Windowing(shapes.windowing) == Windowing::kSliding &&
                     shapes.axis[1].kernel == kernel && (kernel == 2 || kernel == 3) &&
                     shapes.axis[0].kernel * kernel * kernel <= kMaxPlainTerms;
  return fixed ? int(kernel) : 0;
}

inline constexpr Takes kVectorTakes = {.reductions = kEveryReduction,
                                       .windowings = kAnyWindows,
                                       .types = kWordTypes,
                                       .layouts = {Layout::kChannelsLast},
                                       .operands = kValuesAndIndices,
                                       .dilation = true};

inline Refusal vector_refuses(const Shapes& shapes) {
  const int64_t channel_bytes = shapes.c * dtype_bytes(DType(shapes.dtype));
  if (channel_bytes % 16 != 0) return {Parameter::kSrc, "takes channels of a multiple of 16 bytes"};
  if (const Refusal refusal = refuse_integer_lp(shapes)) return refusal;
  if (shapes.n * dst_plane_size(shapes) * (channel_bytes / 16) > kMaxItems)
    return {Parameter::kSrc, "takes outputs of up to 2^31 - 1 times 16 bytes"};
  if (const Refusal refusal = refuse_large_planes(shapes)) return refusal;
  return refuse_large_integer_averages(shapes);
}

void launch_vector(const PoolArgs& args, void* stream);

inline constexpr Kernel kVector = {.name = "vector",
                                   .summary = "channels last, 16 bytes of channels a thread",
                                   .takes = kVectorTakes,
                                   .refuses = vector_refuses,
                                   .launch = launch_vector,
                                   .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_VECTOR_H_
