#include "kernels/cuda/sliding.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

void launch_sliding(const PoolArgs& args, void* stream) {
  const int64_t outputs = args.n * args.c * dst_plane_size(args);
  if (outputs == 0) return;
  const SlidingParams params{.args = args,
                             .c = fast_divisor(args.c),
                             .d = fast_divisor(args.axis[0].dst),
                             .h = fast_divisor(args.axis[1].dst),
                             .w = fast_divisor(args.axis[2].dst),
                             .outputs = uint32_t(outputs),
                             .include_pad = Reduction(args.reduction) == Reduction::kAvgIncludePad};
  dispatch_reduction<kSlidingTakes.types>(args, [&](auto tag) {
    using Body = SlidingBody<typename decltype(tag)::type>;
    launch<Body>(args, params, blocks_for(outputs, Body::kThreads), stream);
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
