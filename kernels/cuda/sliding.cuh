// sliding: one thread an output, in the order of memory, windows by 32-bit arithmetic, whatever
// the window. Nothing is shared between outputs but through the caches. Bound by instructions: a
// load, a conversion and the reduction's step for each tap.
#ifndef POOLBENCH_KERNELS_CUDA_SLIDING_CUH_
#define POOLBENCH_KERNELS_CUDA_SLIDING_CUH_

#include "kernels/cuda/family.h"
#include "kernels/cuda/windows.cuh"
#include "kernels/cuda/words.h"
#include "kernels/reduce.h"

namespace poolbench {

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

    Places places{uint32_t(at)};
    const int32_t c = first ? 0 : places.next(params.c);
    const int32_t ow = places.next(params.w), oh = places.next(params.h);
    const int32_t od = places.next(params.d);
    const int64_t plane_size = src_plane_size(args);
    const int64_t step = first ? 1 : args.c;
    const auto* src =
        static_cast<const T*>(args.src) + int64_t(places.left) * plane_size * step + c;

    const Taps td = taps_of(args.axis[0], od, params.include_pad);
    const Taps th = taps_of(args.axis[1], oh, params.include_pad);
    const Taps tw = taps_of(args.axis[2], ow, params.include_pad);
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

template <class Launch>
void launch_sliding(const PoolArgs& args, void* stream) {
  const int64_t outputs = args.n * args.c * dst_plane_size(args);
  if (outputs == 0) return;
  const SlidingParams params{args,
                             FastDivisor(args.c),
                             FastDivisor(args.axis[0].dst),
                             FastDivisor(args.axis[1].dst),
                             FastDivisor(args.axis[2].dst),
                             uint32_t(outputs),
                             Reduction(args.reduction) == Reduction::kAvgIncludePad};
  dispatch_reduction<kPlainTypes>(args, [&](auto tag) {
    using Body = SlidingBody<typename decltype(tag)::type>;
    Launch::template launch<Body>(args, params, blocks_for(outputs, Body::kThreads), stream);
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_SLIDING_CUH_
