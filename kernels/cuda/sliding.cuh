// sliding: one thread an output, in the order of memory, windows by 32-bit arithmetic. Outputs
// share taps through the caches only. Instruction-bound: a load, a conversion and the reduction's
// step for each tap.
#ifndef POOLBENCH_KERNELS_CUDA_SLIDING_CUH_
#define POOLBENCH_KERNELS_CUDA_SLIDING_CUH_

#include "kernels/cuda/sliding.h"
#include "kernels/cuda/windows.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct SlidingParams {
  PoolArgs args;
  FastDivisor c, d, h, w;  // the extents of dst
  uint32_t outputs;
  bool include_pad;
};

template <class Op>
struct SlidingBody {
  using Params = SlidingParams;
  using T = typename Op::Type;
  static constexpr const char* kName = "sliding";
  static constexpr int kThreads = 256;
  static constexpr bool kCooperative = false;

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int64_t at = ctx.block() * kThreads + ctx.thread();
    if (at >= params.outputs) return;
    const bool first = Layout(args.layout) == Layout::kChannelsFirst;

    uint32_t rest = uint32_t(at);
    const int32_t c = first ? 0 : int32_t(peel(rest, params.c));
    const int32_t ow = int32_t(peel(rest, params.w)), oh = int32_t(peel(rest, params.h));
    const int32_t od = int32_t(peel(rest, params.d));
    const int64_t plane_size = src_plane_size(args);
    const int64_t step = first ? 1 : args.c;
    const auto* src = static_cast<const T*>(args.src) + int64_t(rest) * plane_size * step + c;

    const Window32 td = window_of(args.axis[0], od, params.include_pad);
    const Window32 th = window_of(args.axis[1], oh, params.include_pad);
    const Window32 tw = window_of(args.axis[2], ow, params.include_pad);
    const int32_t src_h = int32_t(args.axis[1].src), src_w = int32_t(args.axis[2].src);
    const int32_t step_w = int32_t(args.axis[2].dilation);
    RunByRun<Op> op(args);
    for (int32_t d = td.begin; d < td.end; d += int32_t(args.axis[0].dilation))
      for (int32_t h = th.begin; h < th.end; h += int32_t(args.axis[1].dilation)) {
        const int32_t row = (d * src_h + h) * src_w;
        for (int32_t x = tw.begin; x < tw.end;) {
          const int32_t limit = x + kMaxPlainTerms * step_w, end = limit < tw.end ? limit : tw.end;
          for (; x < end; x += step_w)
            op.add(load(ctx.load(src + int64_t(row + x) * step)), row + x);
          op.end_run();
        }
      }
    ctx.store(static_cast<T*>(args.dst) + at, op.value(int64_t(td.count) * th.count * tw.count));
    if constexpr (Op::kIndices) ctx.store(args.indices + at, op.index());
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SLIDING_CUH_
