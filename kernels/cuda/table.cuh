// table: one thread an output, in the order of memory, so that a warp's stores are contiguous and
// its loads as near as the windows are; windows from the tables. Instruction-bound: 64-bit indices,
// three windows of 24 bytes an output, scalar taps.
#ifndef POOLBENCH_KERNELS_CUDA_TABLE_CUH_
#define POOLBENCH_KERNELS_CUDA_TABLE_CUH_

#include "kernels/cuda/table.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

template <class Op>
struct TableBody {
  using Params = PoolArgs;
  using T = typename Op::Type;
  static constexpr const char* kName = "table";
  static constexpr int kThreads = 256;
  static constexpr bool kCooperative = false;

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const PoolArgs& args) {
    const int64_t outputs = args.n * args.c * dst_plane_size(args);
    for (int64_t at = ctx.block() * kThreads + ctx.thread(); at < outputs;
         at += ctx.blocks() * kThreads)
      output(ctx, args, at);
  }

  template <class Context>
  POOLBENCH_DEVICE static void output(Context& ctx, const PoolArgs& args, int64_t at) {
    const int64_t size = dst_plane_size(args);
    int64_t plane = 0, o = 0;
    if (Layout(args.layout) == Layout::kChannelsFirst) {
      plane = at / size;
      o = at - plane * size;
    } else {
      const int64_t pixel = at / args.c, n = pixel / size;
      plane = n * args.c + (at - pixel * args.c);
      o = pixel - n * size;
    }
    const int64_t row = o / args.axis[2].dst;
    const int64_t place[3] = {row / args.axis[1].dst, row % args.axis[1].dst,
                              o - row * args.axis[2].dst};
    Window w[3];
    for (int i = 0; i < 3; ++i)
      w[i] = ctx.load(args.table[i].windows + plane * args.table[i].plane_stride + place[i]);
    const PlaneLayout in = plane_layout(args, plane, src_plane_size(args));
    const auto* src = static_cast<const T*>(args.src) + in.base;
    const Op op = reduce_window<Op>(
        args, w, [&](int64_t position) { return ctx.load(src + position * in.step); });
    ctx.store(static_cast<T*>(args.dst) + at, op.value(w[0].count * w[1].count * w[2].count));
    if constexpr (Op::kIndices) ctx.store(args.indices + at, op.index());
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_TABLE_CUH_
