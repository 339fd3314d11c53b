// sliding: what it takes.
#ifndef POOLBENCH_KERNELS_CUDA_SLIDING_H_
#define POOLBENCH_KERNELS_CUDA_SLIDING_H_

#include "kernels/cuda/shapes.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

inline constexpr Takes kSlidingTakes = {.reductions = kEveryReduction,
                                        .windowings = kSlidingWindows,
                                        .types = kPlainTypes,
                                        .operands = kValuesAndIndices,
                                        .dilation = true};

inline Refusal sliding_refuses(const Shapes& shapes) {
  if (const Refusal refusal = refuse_many_outputs(shapes)) return refusal;
  return refuse_large_planes(shapes);
}

void launch_sliding(const PoolArgs& args, void* stream);

inline constexpr Kernel kSliding = {.name = "sliding",
                                    .summary = "windows by arithmetic, an output a thread",
                                    .takes = kSlidingTakes,
                                    .refuses = sliding_refuses,
                                    .launch = launch_sliding,
                                    .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SLIDING_H_
