// vector: channels last.
//
// A thread takes 16 bytes of channels of one output; its neighbours in the warp take the next
// channels, so every access is full. Windows come from the tables: their cost is shared by 4 to 16
// outputs, so sliding, adaptive and global windows are alike. Overlapping windows meet in the
// caches.
//
// Bandwidth-bound for 2x2; instruction-bound for large windows.
#ifndef POOLBENCH_KERNELS_CUDA_VECTOR_CUH_
#define POOLBENCH_KERNELS_CUDA_VECTOR_CUH_

#include <utility>

#include "kernels/cuda/sums.h"
#include "kernels/cuda/vector.h"
#include "kernels/cuda/words.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// What 16 bytes of channels come to: a row of kernels/reduce.h's table for 4 to 16 channels at
// once.
//
//   add(words, position)   a tap
//   end_run()              comes after at most kMaxPlainTerms taps
//   identity()             the word of a tap that changes nothing
//
//                    row of the table   faster because
//   ChannelOps       any                it is not: an object of the plain form for each channel
//   ChannelExtreme   max, min           all lanes of a word in one instruction
//   ChannelSum       average, Lp        plain sums by a rule (sums.h)

template <class Op>
struct ChannelOps {
  using T = typename Op::Type;
  static constexpr int kCount = 16 / int(sizeof(T));
  static constexpr int kInFlight = kLoadsInFlight<Op>;
  using Run = Pack<T, kCount>;
  Op op[kCount];

  POOLBENCH_DEVICE explicit ChannelOps(const Shapes& args)
      : ChannelOps(args, std::make_integer_sequence<int, kCount>()) {}
  template <int... kChannel>
  POOLBENCH_DEVICE ChannelOps(const Shapes& args, std::integer_sequence<int, kChannel...>)
      : op{(static_cast<void>(kChannel), Op(args))...} {}

  POOLBENCH_DEVICE void add(const Words& words, int64_t position) {
    const Run run = bit_cast<Run>(words);
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) op[i].add(load(run.v[i]), position);
  }
  POOLBENCH_DEVICE void end_run() {}
  template <class Context>
  POOLBENCH_DEVICE void finish(Context& ctx, const PoolArgs& args, int64_t at, int64_t count) {
    Run out;
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) out.v[i] = op[i].value(count);
    ctx.store(reinterpret_cast<Run*>(static_cast<T*>(args.dst) + at), out);
    if constexpr (Op::kIndices) {
      using Pair = Pack<int64_t, 2>;
      POOLBENCH_UNROLL
      for (int i = 0; i < kCount; i += 2)
        ctx.store(reinterpret_cast<Pair*>(args.indices + at + i),
                  Pair{{op[i].index(), op[i + 1].index()}});
    }
  }
};

template <class T, class Order>
struct ChannelExtreme {
  static constexpr int kInFlight = 4;
  BestLanes<Order, T> best[4];

  POOLBENCH_DEVICE explicit ChannelExtreme(const Shapes&) {}
  POOLBENCH_DEVICE static uint32_t identity() { return identity_word<Order, T>(); }
  POOLBENCH_DEVICE void add(const Words& words, int64_t) {
    POOLBENCH_UNROLL
    for (int i = 0; i < 4; ++i) best[i].add(words.w[i]);
  }
  POOLBENCH_DEVICE void end_run() {}
  template <class Context>
  POOLBENCH_DEVICE void finish(Context& ctx, const PoolArgs& args, int64_t at, int64_t) {
    Words out;
    POOLBENCH_UNROLL
    for (int i = 0; i < 4; ++i) out.w[i] = best[i].word();
    ctx.store(reinterpret_cast<Words*>(static_cast<T*>(args.dst) + at), out);
  }
};

// kFew: the whole window is one run.
template <class Rule, bool kFew>
struct ChannelSum {
  using T = typename Rule::Type;
  static constexpr int kCount = 16 / int(sizeof(T));
  static constexpr int kInFlight = 4;
  using Run = Pack<T, kCount>;
  using Sum = Compute<T>;
  Rule rule;
  Sum run[kCount] = {};
  RunningSum<Sum> sum[kFew ? 1 : kCount];

  POOLBENCH_DEVICE explicit ChannelSum(const Shapes& args) : rule(args) {}
  POOLBENCH_DEVICE static uint32_t identity() { return 0; }
  POOLBENCH_DEVICE void add(const Words& words, int64_t) {
    const Run values = bit_cast<Run>(words);
    Sum terms[kCount];
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) terms[i] = rule.term(values.v[i]);
    rule.raise(terms);
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) run[i] += terms[i];
  }
  POOLBENCH_DEVICE void end_run() {
    if constexpr (!kFew) {
      POOLBENCH_UNROLL
      for (int i = 0; i < kCount; ++i) {
        sum[i].add(run[i]);
        run[i] = 0;
      }
    }
  }
  template <class Context>
  POOLBENCH_DEVICE void finish(Context& ctx, const PoolArgs& args, int64_t at, int64_t count) {
    const float given = Rule::given(args);
    const Divisor divisor(given != 0 ? given : float(count));
    Run out;
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) {
      if constexpr (kFew)
        out.v[i] = rule.value(run[i], divisor);
      else
        out.v[i] = rule.value(sum[i].total(), divisor);
    }
    ctx.store(reinterpret_cast<Run*>(static_cast<T*>(args.dst) + at), out);
  }
};

struct VectorParams {
  PoolArgs args;
  FastDivisor runs, d, h, w;  // 16-byte runs of channels; the extents of dst
  uint32_t items;
};

// kWindow: the extent on h and w, whose taps are all loaded before the first is used; 0: any.
template <class T, class Channels, int kWindow>
struct VectorBody {
  using Params = VectorParams;
  static constexpr const char* kName = "vector";
  static constexpr int kThreads = 256;
  static constexpr bool kCooperative = false;
  static constexpr int kRun = 16 / int(sizeof(T));

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int64_t item = ctx.block() * kThreads + ctx.thread();
    if (item >= params.items) return;
    uint32_t rest = uint32_t(item);
    const int32_t c = int32_t(peel(rest, params.runs)) * kRun;
    const int32_t ow = int32_t(peel(rest, params.w)), oh = int32_t(peel(rest, params.h));
    const int32_t od = int32_t(peel(rest, params.d));
    const Window w[3] = {ctx.load(args.table[0].windows + od), ctx.load(args.table[1].windows + oh),
                         ctx.load(args.table[2].windows + ow)};
    const auto* src =
        static_cast<const T*>(args.src) + int64_t(rest) * src_plane_size(args) * args.c + c;
    Channels channels(args);
    if constexpr (kWindow == 0)
      any_window(ctx, args, w, src, channels);
    else
      fixed_window(ctx, args, w, src, channels);
    channels.finish(ctx, args, item * kRun, w[0].count * w[1].count * w[2].count);
  }

  template <class Context>
  POOLBENCH_DEVICE static void any_window(Context& ctx, const PoolArgs& args, const Window (&w)[3],
                                          const T* src, Channels& channels) {
    const int32_t step = int32_t(args.axis[2].dilation), last = int32_t(w[2].end);
    for (int32_t d = int32_t(w[0].begin); d < w[0].end; d += int32_t(args.axis[0].dilation))
      for (int32_t h = int32_t(w[1].begin); h < w[1].end; h += int32_t(args.axis[1].dilation)) {
        const int32_t row = (d * int32_t(args.axis[1].src) + h) * int32_t(args.axis[2].src);
        for (int32_t x = int32_t(w[2].begin); x < last;) {
          const int32_t limit = x + kMaxPlainTerms * step, end = limit < last ? limit : last;
          POOLBENCH_UNROLL_BY(Channels::kInFlight)
          for (; x < end; x += step)
            channels.add(ctx.load(reinterpret_cast<const Words*>(src + int64_t(row + x) * args.c)),
                         row + x);
          channels.end_run();
        }
      }
  }

  template <class Context>
  POOLBENCH_DEVICE static void fixed_window(Context& ctx, const PoolArgs& args,
                                            const Window (&w)[3], const T* src,
                                            Channels& channels) {
    const int32_t h0 = int32_t(w[1].begin), x0 = int32_t(w[2].begin);
    for (int32_t d = int32_t(w[0].begin); d < w[0].end; d += int32_t(args.axis[0].dilation)) {
      Words taps[kWindow][kWindow];
      POOLBENCH_UNROLL
      for (int i = 0; i < kWindow; ++i) POOLBENCH_UNROLL
      for (int j = 0; j < kWindow; ++j) {
        const int32_t h = h0 + i * int32_t(args.axis[1].dilation);
        const int32_t x = x0 + j * int32_t(args.axis[2].dilation);
        const int32_t at = (d * int32_t(args.axis[1].src) + h) * int32_t(args.axis[2].src) + x;
        taps[i][j] = h < w[1].end && x < w[2].end
                         ? ctx.load(reinterpret_cast<const Words*>(src + int64_t(at) * args.c))
                         : all_words(Channels::identity());
      }
      POOLBENCH_UNROLL
      for (int i = 0; i < kWindow; ++i) POOLBENCH_UNROLL
      for (int j = 0; j < kWindow; ++j) channels.add(taps[i][j], 0);
    }
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_VECTOR_CUH_
