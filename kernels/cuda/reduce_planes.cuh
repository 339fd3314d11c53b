// reduce, channels first: windows that are the whole plane. A plane gets a warp or a block, or,
// where planes are large and few, a block for each piece (reduce_pieces.cuh). Threads take 16-byte
// runs in turn, then lanes and warps merge in trees. Bandwidth-bound for planes of a few hundred
// bytes and more.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_PLANES_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_PLANES_CUH_

#include "kernels/cuda/reduce_ops.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Adds a run of elements. Averages sum it plainly first: 16 terms at most.
template <class Op, class T, int N>
POOLBENCH_DEVICE void add_run(Op& op, const Pack<T, N>& run, int64_t position) {
  POOLBENCH_UNROLL
  for (int i = 0; i < N; ++i) op.add(load(run.v[i]), position + i);
}
template <class T, int N>
POOLBENCH_DEVICE void add_run(Average<T>& op, const Pack<T, N>& run, int64_t) {
  Compute<T> sum = load(run.v[0]);
  POOLBENCH_UNROLL
  for (int i = 1; i < N; ++i) sum += load(run.v[i]);
  op.sum.add(sum);
}

struct ReducePlanesParams {
  PoolArgs args;
  int64_t plane_size;
  ReduceCut cut;
  FastDivisor pieces;
};

template <class Op>
struct ReducePlanesBody {
  using Params = ReducePlanesParams;
  using T = typename Op::Type;
  static constexpr const char* kName = "reduce";
  static constexpr int kThreads = kReduceThreads;
  static constexpr int kWarps = kThreads / 32;
  static constexpr bool kCooperative = true;
  static constexpr int kRun = 16 / int(sizeof(T));

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int32_t group = params.cut.lanes, rank = ctx.thread() % group;
    const int64_t item = ctx.block() * (kThreads / group) + ctx.thread() / group;
    // All lanes take part in shuffles, also those without work.
    const bool real = item < args.n * args.c * params.cut.pieces;
    Op op(args);
    if (real) {
      uint32_t rest = uint32_t(item);
      const uint32_t piece = peel(rest, params.pieces);
      const int64_t plane = rest;
      const int64_t begin = piece * params.cut.piece, left = params.plane_size - begin;
      read_piece(ctx, params, plane * params.plane_size, begin,
                 left < params.cut.piece ? left : params.cut.piece, rank, op);
    }
    merge_lanes(ctx, op, 16, 1);
    if (group == kThreads) {
      const auto partial = ctx.template shared<Op, kWarps>();
      if (rank % 32 == 0) partial.set(rank / 32, op);
      ctx.sync();
      op = rank < kWarps ? partial.get(rank) : Op(args);
      merge_lanes(ctx, op, kWarps / 2, 1);
    }
    if (!real || rank != 0) return;
    if (params.cut.pieces > 1)
      ctx.store(static_cast<Op*>(args.scratch) + item, op);
    else
      store_output(ctx, args, item, op);
  }

  // Adds this thread's share of `size` elements from `begin` on, of the plane that starts at
  // `plane`: every lanes-th aligned run of 16 bytes, and one of the at most 30 elements before and
  // behind them.
  template <class Context>
  POOLBENCH_DEVICE static void read_piece(Context& ctx, const Params& params, int64_t plane,
                                          int64_t begin, int64_t size, int32_t rank, Op& op) {
    const auto* src = static_cast<const T*>(params.args.src) + plane + begin;
    const int64_t misaligned = int64_t(reinterpret_cast<uintptr_t>(src) % 16 / sizeof(T));
    const int64_t gap = misaligned == 0 ? 0 : kRun - misaligned;
    const int64_t head = gap < size ? gap : size;
    const int64_t runs = (size - head) / kRun, tail = size - head - runs * kRun;
    const auto* aligned = reinterpret_cast<const Pack<T, kRun>*>(src + head);
    POOLBENCH_UNROLL_BY(kLoadsInFlight<Op>)
    for (int64_t i = rank; i < runs; i += params.cut.lanes)
      add_run(op, ctx.load(aligned + i), begin + head + i * kRun);
    if (rank < head + tail) {
      const int64_t at = rank < head ? rank : rank + runs * kRun;
      merge(op, load(ctx.load(src + at)), begin + at);
    }
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_PLANES_CUH_
