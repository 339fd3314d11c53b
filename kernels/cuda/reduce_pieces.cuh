// reduce, second pass: where planes are large and few they are cut into pieces, a block each, whose
// results are in scratch. A warp merges those of an output.
//
// Piece i of channel c of image n is at (n * pieces + i) * channels + c; channels first: of plane
// n, with channels = 1.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_

#include "kernels/cuda/reduce_ops.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

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
    uint32_t rest = uint32_t(o);
    const uint32_t c = peel(rest, params.channels);
    const int64_t n = rest, channels = params.channels.divisor;
    const auto* partial =
        static_cast<const Op*>(params.args.scratch) + n * params.pieces * channels + c;
    Op op(params.args);
    if (o < params.outputs)  // all lanes take part in shuffles
      for (int32_t i = lane; i < params.pieces; i += 32)
        merge(op, ctx.load(partial + i * channels));
    merge_lanes(ctx, op, 16, 1);
    if (o < params.outputs && lane == 0) store_output(ctx, params.args, o, op);
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_PIECES_CUH_
