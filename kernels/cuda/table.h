// table: takes everything.
#ifndef POOLBENCH_KERNELS_CUDA_TABLE_H_
#define POOLBENCH_KERNELS_CUDA_TABLE_H_

#include "kernels/cuda/launch.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

void launch_table(const PoolArgs& args, void* stream);

inline constexpr Kernel kTable = {.name = "table",
                                  .summary = "windows from the tables, an output a thread",
                                  .takes = kTakesEverything,
                                  .refuses = nullptr,
                                  .launch = launch_table,
                                  .scratch_bytes = nullptr};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_TABLE_H_
