#include "kernels/cuda/table.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

void launch_table(const PoolArgs& args, void* stream) {
  const int64_t outputs = args.n * args.c * dst_plane_size(args);
  dispatch_reduction<kTakesEverything.types>(args, [&](auto tag) {
    using Body = TableBody<typename decltype(tag)::type>;
    launch<Body>(args, args, blocks_for(outputs, Body::kThreads), stream);
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
