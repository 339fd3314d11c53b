// reduce with channels last: windows that are the whole plane. Threads side by side take 16 bytes
// of channels each (a warp 512 in a row where there are as many), the others of a block the next
// positions; a block walks a plane, or a piece of it where planes are few (reduce_pieces.cuh). Then
// the positions of a warp merge by shuffles and the warps in shared memory. Bound by memory for
// planes of some ten positions and more.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_

#include "kernels/cuda/reduce_ops.cuh"

namespace poolbench {

struct ReduceChannelsParams {
  PoolArgs args;
  int64_t plane_size;
  ReduceCut cut;
  FastDivisor groups, pieces;  // blocks side by side over the channels
};

template <class Op, int kUnit>
struct ReduceChannelsBody {
  using Params = ReduceChannelsParams;
  using T = typename Op::Type;
  static constexpr const char* kName = "reduce";
  static constexpr int kThreads = kReduceThreads;
  static constexpr int kWarps = kThreads / 32;
  static constexpr bool kCooperative = true;
  static constexpr int kAtOnce = kUnit < 4 ? kUnit : 4;  // channels of a unit in shared memory

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    run(ctx, params, std::make_integer_sequence<int, kUnit>());
  }
  template <class Context, int... kChannel>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params,
                                   std::integer_sequence<int, kChannel...>) {
    const PoolArgs& args = params.args;
    const int32_t lanes = params.cut.lanes, lane = ctx.thread() % lanes;
    uint32_t group = uint32_t(ctx.block());
    uint32_t piece = params.groups.split(group);
    const int64_t n = params.pieces.split(piece);
    const int64_t first = int64_t(group) * lanes * kUnit, c = first + lane * kUnit;

    RunByRun<Op> op[kUnit] = {(static_cast<void>(kChannel), RunByRun<Op>(args))...};
    if (c < args.c) {
      const int64_t begin = piece * params.cut.piece, left = params.plane_size - begin;
      read_positions(ctx, params, n * params.plane_size * args.c + c, begin,
                     begin + (left < params.cut.piece ? left : params.cut.piece), op);
    }
    // Lanes of a warp that have the same channels, then warps, kAtOnce channels at a time. Thread i
    // makes the i-th of them, counted over the lanes.
    const auto partial = ctx.template shared<Op, kWarps * 32 * kAtOnce>();
    POOLBENCH_UNROLL
    for (int at = 0; at < kUnit; at += kAtOnce) {
      POOLBENCH_UNROLL
      for (int i = 0; i < kAtOnce; ++i) {
        merge_lanes(ctx, static_cast<Op&>(op[at + i]), 16, lanes);
        if (ctx.thread() % 32 < lanes)
          partial.set((ctx.thread() / 32 * 32 + lane) * kAtOnce + i, op[at + i]);
      }
      ctx.sync();
      const int32_t mine = ctx.thread();
      const int64_t channel = first + mine / kAtOnce * kUnit + at + mine % kAtOnce;
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
      if (at + kAtOnce < kUnit) ctx.sync();
    }
  }

  // Every (threads / lanes)-th position of [begin, end), of the channels from `at` on.
  template <class Context>
  POOLBENCH_DEVICE static void read_positions(Context& ctx, const Params& params, int64_t at,
                                              int64_t begin, int64_t end,
                                              RunByRun<Op> (&op)[kUnit]) {
    const int32_t step = kThreads / params.cut.lanes;
    const auto* src = static_cast<const T*>(params.args.src) + at;
    for (int64_t i = begin + ctx.thread() / params.cut.lanes; i < end;) {
      const int64_t limit = i + kMaxPlainTerms * step, stop = limit < end ? limit : end;
      POOLBENCH_UNROLL_BY(kLoadsInFlight<Op>)
      for (; i < stop; i += step) {
        const auto run = ctx.load(reinterpret_cast<const Pack<T, kUnit>*>(src + i * params.args.c));
        POOLBENCH_UNROLL
        for (int j = 0; j < kUnit; ++j) op[j].add(load(run.v[j]), i);
      }
      POOLBENCH_UNROLL
      for (int j = 0; j < kUnit; ++j) op[j].end_run();
    }
  }
};

template <class Op, int kUnit, class Launch>
void launch_reduce_channels_body(const PoolArgs& args, const ReduceCut& cut, void* stream) {
  using Body = ReduceChannelsBody<Op, kUnit>;
  const int64_t groups = ceil_div(args.c / kUnit, cut.lanes);
  const ReduceChannelsParams params{args, src_plane_size(args), cut, FastDivisor(groups),
                                    FastDivisor(cut.pieces)};
  Launch::template launch<Body>(args, params, args.n * cut.pieces * groups, stream,
                                reduce_scratch_bytes(args));
}

template <class Launch>
void launch_reduce_channels(const PoolArgs& args, void* stream) {
  dispatch_reduction<kPlainTypes>(args, [&](auto tag) {
    using Op = typename decltype(tag)::type;
    if constexpr (!kIntegerLp<Op>) {
      constexpr int kRun = 16 / int(sizeof(typename Op::Type));
      const ReduceCut cut = reduce_cut(args);
      if (cut.unit == kRun)
        launch_reduce_channels_body<Op, kRun, Launch>(args, cut, stream);
      else
        launch_reduce_channels_body<Op, 1, Launch>(args, cut, stream);
    }
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_CHANNELS_CUH_
