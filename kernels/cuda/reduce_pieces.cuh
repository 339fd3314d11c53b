// reduce, second pass: planes that are large where planes are few are cut into pieces, a block
// each, whose results stand in scratch. A warp merges those of an output. The cut depends on shapes
// alone, so a problem's sums are the same on every device and in every run.
//
// Of channel c of image n, piece i stands at (n * pieces + i) * channels + c; channels first: of
// plane n, with channels = 1.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_

#include "kernels/cuda/reduce_ops.cuh"

namespace poolbench {

struct ReducePiecesParams {
  PoolArgs args;
  FastDivisor channels;
  int64_t outputs;
  int32_t pieces;
};

template <class Op>
struct ReducePiecesBody {
  using Params = ReducePiecesParams;
  static constexpr const char* kName = "reduce_pieces";
  static constexpr int kThreads = 256;
  static constexpr bool kCooperative = true;

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const int64_t o = ctx.block() * (kThreads / 32) + ctx.thread() / 32;
    const int32_t lane = ctx.thread() % 32;
    uint32_t c = uint32_t(o);
    const int64_t n = params.channels.split(c), channels = params.channels.divisor;
    const auto* partial =
        static_cast<const Op*>(params.args.scratch) + n * params.pieces * channels + c;
    Op op(params.args);
    if (o < params.outputs)  // the others only keep the shuffles company
      for (int32_t i = lane; i < params.pieces; i += 32)
        merge(op, ctx.load(partial + i * channels));
    merge_lanes(ctx, op, 16, 1);
    if (o < params.outputs && lane == 0) store_output(ctx, params.args, o, op);
  }
};

template <class Launch>
void launch_reduce_pieces(const PoolArgs& args, void* stream) {
  const int64_t pieces = reduce_cut(args).pieces, outputs = args.n * args.c;
  const bool first = Layout(args.layout) == Layout::kChannelsFirst;
  const ReducePiecesParams params{args, FastDivisor(first ? 1 : args.c), outputs, int32_t(pieces)};
  dispatch_reduction<kPlainTypes>(args, [&](auto tag) {
    using Op = typename decltype(tag)::type;
    using Body = ReducePiecesBody<Op>;
    if constexpr (!kIntegerLp<Op>)
      Launch::template launch<Body>(args, params, ceil_div(outputs, Body::kThreads / 32), stream,
                                    reduce_scratch_bytes(args));
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_
