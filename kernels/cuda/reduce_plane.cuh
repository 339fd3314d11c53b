// reduce: windows that are the whole plane, channels first. A warp a plane, or a block where planes
// are large; threads take 16-byte runs in turn, then lanes and warps merge in trees. Bound by
// memory for planes of a few hundred bytes and more.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_PLANE_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_PLANE_CUH_

#include "kernels/cuda/family.h"
#include "kernels/cuda/words.h"
#include "kernels/dispatch.h"

namespace poolbench {

// One element more, out of order: the first of equals and the last NaN still win.
template <class T>
POOLBENCH_DEVICE void merge(MaxIndex<T>& op, Compute<T> v, int64_t position) {
  if (position < 0) return;
  const bool nan = is_nan(v), had_nan = is_nan(op.best);
  const bool wins = nan || had_nan ? nan && (!had_nan || position > op.at)
                                   : v > op.best || (v == op.best && position < op.at);
  if (wins || op.at < 0) {
    op.best = v;
    op.at = position;
  }
}
template <class Op, class V>
POOLBENCH_DEVICE void merge(Op& op, V v, int64_t position) {
  op.add(v, position);
}

// What the lane at distance `mask` has gathered.
template <class Context, class T>
POOLBENCH_DEVICE void merge_lane(Context& ctx, Max<T>& op, int mask) {
  op.add(ctx.shuffle_xor(op.best, mask), 0);
}
template <class Context, class T>
POOLBENCH_DEVICE void merge_lane(Context& ctx, MaxIndex<T>& op, int mask) {
  const Compute<T> best = ctx.shuffle_xor(op.best, mask);
  merge(op, best, ctx.shuffle_xor(op.at, mask));
}
template <class Context, class S>
POOLBENCH_DEVICE void merge_lane(Context& ctx, RunningSum<S>& sum, int mask) {
  const S other = ctx.shuffle_xor(sum.sum, mask);
  if constexpr (!std::is_integral_v<S>) sum.lost += ctx.shuffle_xor(sum.lost, mask);
  sum.add(other);
}
template <class Context, class T>
POOLBENCH_DEVICE void merge_lane(Context& ctx, Average<T>& op, int mask) {
  merge_lane(ctx, op.sum, mask);
}
template <class Context, class T>
POOLBENCH_DEVICE void merge_lane(Context& ctx, Lp<T>& op, int mask) {
  merge_lane(ctx, op.sum, mask);
  const auto other = ctx.shuffle_xor(op.largest, mask);
  if (other > op.largest || is_nan(other)) op.largest = other;
}

// A run of elements. Averages sum it plainly first: 16 terms at most.
template <class Op, class T, int N>
POOLBENCH_DEVICE void add_run(Op& op, const Pack<T, N>& run, int64_t position) {
  POOLBENCH_UNROLL
  for (int i = 0; i < N; ++i) op.add(widen(run.v[i]), position + i);
}
template <class T, int N>
POOLBENCH_DEVICE void add_run(Average<T>& op, const Pack<T, N>& run, int64_t) {
  Compute<T> sum = widen(run.v[0]);
  POOLBENCH_UNROLL
  for (int i = 1; i < N; ++i) sum += widen(run.v[i]);
  op.sum.add(sum);
}

struct ReduceParams {
  PoolArgs args;
  int64_t plane_size;
  int32_t group;  // threads of a plane: a warp or the block
};

template <class Op>
struct ReducePlaneBody {
  using Params = ReduceParams;
  using T = typename Op::Type;
  static constexpr const char* kName = "reduce";
  static constexpr int kThreads = 256;
  static constexpr int kWarps = kThreads / 32;
  static constexpr bool kCooperative = true;
  static constexpr int kRun = 16 / int(sizeof(T));

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int32_t group = params.group, rank = ctx.thread() % group;
    const int64_t plane = ctx.block() * (kThreads / group) + ctx.thread() / group;
    const bool real = plane < args.n * args.c;  // the others only keep the shuffles company
    Op op(args);
    if (real) read_plane(ctx, params, plane, rank, op);

    POOLBENCH_UNROLL
    for (int mask = 16; mask > 0; mask /= 2) merge_lane(ctx, op, mask);
    if (group == kThreads) {
      const auto partial = ctx.template shared<Op, kWarps>();
      if (rank % 32 == 0) partial.set(rank / 32, op);
      ctx.sync();
      op = rank < kWarps ? partial.get(rank) : Op(args);
      POOLBENCH_UNROLL
      for (int mask = kWarps / 2; mask > 0; mask /= 2) merge_lane(ctx, op, mask);
    }
    if (!real || rank != 0) return;
    int64_t count = 1;
    POOLBENCH_UNROLL
    for (int i = 0; i < 3; ++i) count *= ctx.load(args.axis[i].windows).count;
    ctx.store(static_cast<T*>(args.dst) + plane, op.value(count));
    if constexpr (Op::kIndices) ctx.store(args.indices + plane, op.index());
  }

  // This thread's elements: every group-th run of 16 aligned bytes, and one of the at most 30
  // elements that stand before the first and after the last of them.
  template <class Context>
  POOLBENCH_DEVICE static void read_plane(Context& ctx, const Params& params, int64_t plane,
                                          int32_t rank, Op& op) {
    const int64_t size = params.plane_size;
    const auto* src = static_cast<const T*>(params.args.src) + plane * size;
    const int64_t misaligned = int64_t(reinterpret_cast<uintptr_t>(src) % 16 / sizeof(T));
    const int64_t gap = misaligned == 0 ? 0 : kRun - misaligned;
    const int64_t head = gap < size ? gap : size;
    const int64_t runs = (size - head) / kRun, tail = size - head - runs * kRun;
    const auto* aligned = reinterpret_cast<const Pack<T, kRun>*>(src + head);
    POOLBENCH_UNROLL_BY(kLoadsInFlight<Op>)
    for (int64_t i = rank; i < runs; i += params.group)
      add_run(op, ctx.load(aligned + i), head + i * kRun);
    if (rank < head + tail) {
      const int64_t at = rank < head ? rank : rank + runs * kRun;
      merge(op, widen(ctx.load(src + at)), at);
    }
  }
};

// Planes up to this size get a warp.
constexpr int64_t kWarpPlaneBytes = 8192;

template <class Op>
inline constexpr bool kIntegerLp =
    std::is_same_v<Op, Lp<int8_t>> || std::is_same_v<Op, Lp<uint8_t>>;

template <class Launch>
void launch_reduce(const PoolArgs& args, void* stream) {
  const int64_t planes = args.n * args.c, size = src_plane_size(args);
  const bool small = size * dtype_bytes(DType(args.dtype)) <= kWarpPlaneBytes;
  dispatch(args, [&](auto tag) {
    using Op = typename decltype(tag)::type;
    using Body = ReducePlaneBody<Op>;
    if constexpr (!kIntegerLp<Op>) {
      const ReduceParams params{args, size, small ? 32 : Body::kThreads};
      Launch::template launch<Body>(args, params, ceil_div(planes, Body::kThreads / params.group),
                                    stream);
    }
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_PLANE_CUH_
