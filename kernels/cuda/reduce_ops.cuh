// The merge column of kernels/reduce.h's table for its plain forms, across threads: shuffles within
// a warp, and what the bodies of `reduce` do with the last result.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_OPS_CUH_
#define POOLBENCH_KERNELS_CUDA_REDUCE_OPS_CUH_

#include "kernels/cuda/reduce.h"
#include "kernels/cuda/words.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Adds an element, or another thread's result, in any order: the first of equals and the last NaN
// win.
template <class T, class Order>
POOLBENCH_DEVICE void merge(ExtremeIndex<T, Order>& op, Compute<T> v, int64_t position) {
  if (position < 0) return;
  const bool nan = is_nan(v), had_nan = is_nan(op.best);
  const bool wins = nan || had_nan ? nan && (!had_nan || position > op.at)
                                   : Order::beats(v, op.best) || (v == op.best && position < op.at);
  if (wins || op.at < 0) {
    op.best = v;
    op.at = position;
  }
}
template <class Op, class V>
POOLBENCH_DEVICE void merge(Op& op, V v, int64_t position) {
  op.add(v, position);
}

template <class T, class Order>
POOLBENCH_DEVICE void merge(Extreme<T, Order>& op, const Extreme<T, Order>& other) {
  op.add(other.best, 0);
}
template <class T, class Order>
POOLBENCH_DEVICE void merge(ExtremeIndex<T, Order>& op, const ExtremeIndex<T, Order>& other) {
  merge(op, other.best, other.at);
}
template <class S>
POOLBENCH_DEVICE void merge(RunningSum<S>& sum, const RunningSum<S>& other) {
  sum.lost += other.lost;
  sum.add(other.sum);
}
template <class T>
POOLBENCH_DEVICE void merge(Average<T>& op, const Average<T>& other) {
  merge(op.sum, other.sum);
}
template <class T>
POOLBENCH_DEVICE void merge(Lp<T>& op, const Lp<T>& other) {
  merge(op.sum, other.sum);
  if (other.largest > op.largest || is_nan(other.largest)) op.largest = other.largest;
}

// Takes the fields that differ between threads from the lane at distance `mask`.
template <class Context, class T, class Order>
POOLBENCH_DEVICE void exchange(Context& ctx, Extreme<T, Order>& op, int mask) {
  op.best = ctx.shuffle_xor(op.best, mask);
}
template <class Context, class T, class Order>
POOLBENCH_DEVICE void exchange(Context& ctx, ExtremeIndex<T, Order>& op, int mask) {
  op.best = ctx.shuffle_xor(op.best, mask);
  op.at = ctx.shuffle_xor(op.at, mask);
}
template <class Context, class S>
POOLBENCH_DEVICE void exchange(Context& ctx, RunningSum<S>& sum, int mask) {
  sum.sum = ctx.shuffle_xor(sum.sum, mask);
  if constexpr (!std::is_integral_v<S>) sum.lost = ctx.shuffle_xor(sum.lost, mask);
}
template <class Context, class T>
POOLBENCH_DEVICE void exchange(Context& ctx, Average<T>& op, int mask) {
  exchange(ctx, op.sum, mask);
}
template <class Context, class T>
POOLBENCH_DEVICE void exchange(Context& ctx, Lp<T>& op, int mask) {
  exchange(ctx, op.sum, mask);
  op.largest = ctx.shuffle_xor(op.largest, mask);
}

// Merges lanes at distances from, from / 2, ... to. All of them get the result.
template <class Context, class Op>
POOLBENCH_DEVICE void merge_lanes(Context& ctx, Op& op, int from, int to) {
  POOLBENCH_UNROLL
  for (int mask = from; mask >= to; mask /= 2) {
    Op other = op;
    exchange(ctx, other, mask);
    merge(op, other);
  }
}

// Stores output o of a problem whose windows are whole planes.
template <class Context, class Op>
POOLBENCH_DEVICE void store_output(Context& ctx, const PoolArgs& args, int64_t o, const Op& op) {
  int64_t count = 1;
  POOLBENCH_UNROLL
  for (int i = 0; i < 3; ++i) count *= ctx.load(args.table[i].windows).count;
  ctx.store(static_cast<typename Op::Type*>(args.dst) + o, op.value(count));
  if constexpr (Op::kIndices) ctx.store(args.indices + o, op.index());
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_OPS_CUH_
