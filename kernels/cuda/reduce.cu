#include "kernels/cuda/reduce_channels.cuh"
#include "kernels/cuda/reduce_pieces.cuh"
#include "kernels/cuda/reduce_planes.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {
namespace {

template <class Op>
void launch_planes(const PoolArgs& args, const ReduceCut& cut, void* stream) {
  using Body = ReducePlanesBody<Op>;
  const ReducePlanesParams params{.args = args,
                                  .plane_size = src_plane_size(args),
                                  .cut = cut,
                                  .pieces = fast_divisor(cut.pieces)};
  const int64_t items = args.n * args.c * cut.pieces;
  launch<Body>(args, params, ceil_div(items, Body::kThreads / cut.lanes), stream,
               reduce_scratch_bytes(args));
}

template <class Op, int kRun>
void launch_channels(const PoolArgs& args, const ReduceCut& cut, void* stream) {
  const int64_t groups = ceil_div(args.c / kRun, cut.lanes);
  const ReduceChannelsParams params{.args = args,
                                    .plane_size = src_plane_size(args),
                                    .cut = cut,
                                    .groups = fast_divisor(groups),
                                    .pieces = fast_divisor(cut.pieces)};
  launch<ReduceChannelsBody<Op, kRun>>(args, params, args.n * cut.pieces * groups, stream,
                                       reduce_scratch_bytes(args));
}

template <class Op>
void launch_pieces(const PoolArgs& args, const ReduceCut& cut, void* stream) {
  using Body = ReducePiecesBody<Op>;
  const int64_t outputs = args.n * args.c;
  const bool first = Layout(args.layout) == Layout::kChannelsFirst;
  const ReducePiecesParams params{.args = args,
                                  .channels = fast_divisor(first ? 1 : args.c),
                                  .outputs = outputs,
                                  .pieces = int32_t(cut.pieces)};
  launch<Body>(args, params, ceil_div(outputs, Body::kThreads / 32), stream,
               reduce_scratch_bytes(args));
}

}  // namespace

void launch_reduce(const PoolArgs& args, void* stream) {
  dispatch_reduction<kReduceTakes.types>(args, [&](auto tag) {
    using Op = typename decltype(tag)::type;
    if constexpr (!kIntegerLp<Op>) {
      constexpr int kRun = 16 / int(sizeof(typename Op::Type));
      const ReduceCut cut = reduce_cut(args);
      if (Layout(args.layout) == Layout::kChannelsFirst)
        launch_planes<Op>(args, cut, stream);
      else if (cut.run == kRun)
        launch_channels<Op, kRun>(args, cut, stream);
      else
        launch_channels<Op, 1>(args, cut, stream);
      if (cut.pieces > 1) launch_pieces<Op>(args, cut, stream);
    }
  });
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE
