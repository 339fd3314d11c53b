// reduce, channels last: windows that are the whole plane. Threads side by side take 16 bytes of
// channels each (a warp 512 in a row where there are as many), the others of a block the next
// positions. A block walks a plane, or a piece of it where planes are few (reduce_pieces.cuh). Then
// the positions of a warp merge by shuffles, and the warps in shared memory. Bandwidth-bound for
// planes of some ten positions and more.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_

#include "kernels/cuda/reduce_ops.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct ReduceChannelsParams {
  PoolArgs args;
  int64_t plane_size;
  ReduceCut cut;
  FastDivisor groups, pieces;  // blocks side by side over the channels
};

template <class Op, int kRun>
struct ReduceChannelsBody {
  using Params = ReduceChannelsParams;
  using T = typename Op::Type;
  static constexpr const char* kName = "reduce";
  static constexpr int kThreads = kReduceThreads;
  static constexpr int kWarps = kThreads / 32;
  static constexpr bool kCooperative = true;
  static constexpr int kAtOnce = kRun < 4 ? kRun : 4;  // channels of a run in shared memory

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    run(ctx, params, std::make_integer_sequence<int, kRun>());
  }
  template <class Context, int... kChannel>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params,
                                   std::integer_sequence<int, kChannel...>) {
    const PoolArgs& args = params.args;
    const int32_t lanes = params.cut.lanes, lane = ctx.thread() % lanes;
    uint32_t rest = uint32_t(ctx.block());
    const uint32_t group = peel(rest, params.groups), piece = peel(rest, params.pieces);
    const int64_t n = rest;
    const int64_t first = int64_t(group) * lanes * kRun, c = first + lane * kRun;

    RunByRun<Op> op[kRun] = {(static_cast<void>(kChannel), RunByRun<Op>(args))...};
    if (c < args.c) {
      const int64_t begin = piece * params.cut.piece, left = params.plane_size - begin;
      read_positions(ctx, params, n * params.plane_size * args.c + c, begin,
                     begin + (left < params.cut.piece ? left : params.cut.piece), op);
    }
    // Merge lanes of a warp that have the same channels, then warps, kAtOnce channels at a time.
    // Thread i makes the i-th of them, counted over the lanes.
    const auto partial = ctx.template shared<Op, kWarps * 32 * kAtOnce>();
    POOLBENCH_UNROLL
    for (int at = 0; at < kRun; at += kAtOnce) {
      POOLBENCH_UNROLL
      for (int i = 0; i < kAtOnce; ++i) {
        merge_lanes(ctx, static_cast<Op&>(op[at + i]), 16, lanes);
        if (ctx.thread() % 32 < lanes)
          partial.set((ctx.thread() / 32 * 32 + lane) * kAtOnce + i, op[at + i]);
      }
      ctx.sync();
      const int32_t mine = ctx.thread();
      const int64_t channel = first + mine / kAtOnce * kRun + at + mine % kAtOnce;
      if (mine < lanes * kAtOnce && channel < args.c) {
        Op total = partial.get(mine);
        for (int warp = 1; warp < kWarps; ++warp)
          merge(total, partial.get(warp * 32 * kAtOnce + mine));
        if (params.cut.pieces > 1)
          ctx.store(
              static_cast<Op*>(args.scratch) + (n * params.cut.pieces + piece) * args.c + channel,
              total);
        else
          store_output(ctx, args, n * args.c + channel, total);
      }
      if (at + kAtOnce < kRun) ctx.sync();
    }
  }

  // Adds every (threads / lanes)-th position of [begin, end), of the channels from `at` on.
  template <class Context>
  POOLBENCH_DEVICE static void read_positions(Context& ctx, const Params& params, int64_t at,
                                              int64_t begin, int64_t end,
                                              RunByRun<Op> (&op)[kRun]) {
    const int32_t step = kThreads / params.cut.lanes;
    const auto* src = static_cast<const T*>(params.args.src) + at;
    for (int64_t i = begin + ctx.thread() / params.cut.lanes; i < end;) {
      const int64_t limit = i + kMaxPlainTerms * step, stop = limit < end ? limit : end;
      POOLBENCH_UNROLL_BY(kLoadsInFlight<Op>)
      for (; i < stop; i += step) {
        const auto run = ctx.load(reinterpret_cast<const Pack<T, kRun>*>(src + i * params.args.c));
        POOLBENCH_UNROLL
        for (int j = 0; j < kRun; ++j) op[j].add(load(run.v[j]), i);
      }
      POOLBENCH_UNROLL
      for (int j = 0; j < kRun; ++j) op[j].end_run();
    }
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_
