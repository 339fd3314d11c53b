// Channels first, small windows: whole output rows from whole input rows, in registers.
//
// A thread takes an even share of the output rows (plane, od, oh). For a vector of outputs it
// merges the window's input rows column by column (one load a row and vector), then merges shifted
// or every second lanes of the column results. It keeps the last vector of columns for the next
// step, so that each input row is loaded once. Columns outside the input are lanes that are not
// loaded and hold the identity. Bound by memory where rows are long, by the cost of starting a row
// where they are short.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

// With stride 2 short rows are prefetched twice as far ahead as work.h has it: hardware prefetchers
// begin anew with each row, and how well they do hangs on the addresses of the code. From memory,
// time with 2 KiB over that with 4 (AMD EPYC, AVX-512, 2 threads, 2026-11-30; nothing in cache):
//
//   row      224 B      256 B   300 B   448 B        544 B   608 B   896 B
//   ratio    1 to 1.2   1.05    1.2     1.1 to 1.2   0.96    0.93    0.97
//
// Not with several input planes in a window: each is a stream of its own, and 4 KiB is a third of a
// plane of 56x56, prefetched for nobody. 128x16x56x56 2x2x2 took 1.06 times as long with it.
constexpr int64_t kShortRow = 512, kFarAhead = 4096;  // bytes

// The input rows of an output row.
template <class Op, bool kShort>
struct WindowRows {
  static constexpr int64_t kAhead =
      (kShort ? kFarAhead : kAheadBytes) / int64_t(sizeof(typename Op::Element));
  const typename Op::Element* first;
  int64_t d_step, h_step, width;
  int depth, height;
  int fresh_d, fresh_h;  // of these, the last ones that the output row before did not load

  // Prefetches what follows columns [x, x + N), of the fresh rows.
  template <int kHeight, int kFresh>
  POOLBENCH_INLINE void prefetch(int64_t x) const {
    if constexpr (kHeight > 0) {
#pragma GCC unroll 4
      for (int h = kHeight - kFresh; h < kHeight; ++h)
        prefetch_load(first + h * h_step + x, kAhead);
    } else {
      for (int d = depth - fresh_d; d < depth; ++d)
        for (int h = height - fresh_h; h < height; ++h)
          prefetch_load(first + d * d_step + h * h_step + x, kAhead);
    }
  }

  // Merges the rows' columns [x, x + N). kHeight: the height where it is known and depth is 1, else
  // 0.
  template <int kHeight>
  POOLBENCH_INLINE typename Op::V column(const Op& op, int64_t x) const {
    if (x >= 0 && x + Op::N <= width)
      return merge_rows<kHeight>([&](const auto* row) { return op.load(row + x); });
    const int lo = x < 0 ? int(smaller(-x, Op::N)) : 0;
    const int hi = int(larger(smaller(width - x, Op::N), lo));
    if (lo == hi) return Op::identity();
    const Lanes lanes(lo, hi);
    return merge_rows<kHeight>([&](const auto* row) { return op.load_part(row + x, lanes); });
  }

 private:
  template <int kHeight, class Load>
  POOLBENCH_INLINE typename Op::V merge_rows(const Load& load) const {
    if constexpr (kHeight > 0) {
      typename Op::V v = load(first);
#pragma GCC unroll 4
      for (int h = 1; h < kHeight; ++h) v = Op::merge(load(first + h * h_step), v);
      return v;
    } else {
      typename Op::V v = Op::identity();
      for (int d = 0; d < depth; ++d)
        for (int h = 0; h < height; ++h) v = Op::merge(load(first + d * d_step + h * h_step), v);
      return v;
    }
  }
};

// One output row. x is the column of the first output's tap number kBehind; the taps before it come
// from the previous step's columns.
template <class Op, int kWidth, int kStride, int kHeight, bool kShort>
POOLBENCH_INLINE void pool_row(const Op& op, const WindowRows<Op, kShort>& in,
                               typename Op::Element* dst, int64_t width, int64_t pad,
                               const ColumnWeights<Op>& weights,
                               RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int N = Op::N;
  constexpr int kBehind = kWidth > kStride ? kWidth - kStride : 0;
  const auto column = [&](int64_t x) { return in.template column<kHeight>(op, x); };
  int64_t x = kBehind - pad;
  V before = kBehind > 0 ? column(x - N) : Op::identity();
  for (int64_t o = 0; o < width; o += N, x += kStride * N) {
    V out;
    for (int i = 0; i < kStride; ++i)
      in.template prefetch<kHeight, smaller(kStride, kHeight)>(x + i * N);
    if constexpr (kStride == 1) {
      const V now = column(x);
      out = now;
      if constexpr (kWidth > 1) out = Op::merge(shift_in<1>(before, now), out);
      if constexpr (kWidth > 2) out = Op::merge(shift_in<2>(before, now), out);
      before = now;
    } else {
      static_assert(kStride == 2 && kWidth <= 3);
      const V a = column(x), b = column(x + N);
      out = every_second<0>(a, b);
      if constexpr (kWidth > 1) {
        const V odd = every_second<1>(a, b);
        out = Op::merge(odd, out);
        if constexpr (kWidth > 2) out = Op::merge(shift_in<1>(before, odd), out);
        before = odd;
      }
    }
    const int64_t left = width - o;
    prefetch_store(dst + o);
    const auto result = weights.finish(op, out, o, smaller(N, left), scale);
    if (left >= N)
      store_lanes(dst + o, result);
    else
      store_some(dst + o, result, int(left));
  }
}

template <class Op, int kWidth, int kStride, bool kShort = false>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  const Storage storage = storage_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const ColumnWeights<Op> weights(op, args);
  const int64_t rows = storage.planes * d.dst * h.dst;
  share(args, rows, bytes_moved<Op>(storage), [&](int64_t begin, int64_t end) {
    RowCounter at(args, begin);
    WindowRows<Op, kShort> in;
    in.width = w.src;
    in.d_step = h.src * w.src * d.dilation;
    in.h_step = w.src * h.dilation;
    int64_t count = -1;
    RowScale<typename Op::Weight> scale;
    for (int64_t row = begin; row < end; ++row, at.next(args)) {
      const Window taps_d = table_window(args.table[0], at.plane, at.od),
                   taps_h = table_window(args.table[1], at.plane, at.oh);
      in.depth = int(tap_count(d, taps_d));
      in.height = int(tap_count(h, taps_h));
      in.first = static_cast<const Element*>(args.src) + at.plane * storage.src_size +
                 (taps_d.begin * h.src + taps_h.begin) * w.src;
      in.fresh_d = int(smaller(d.stride, in.depth));
      in.fresh_h = int(smaller(h.stride, in.height));
      Element* dst = static_cast<Element*>(args.dst) + row * w.dst;
      if (Op::kSum && taps_d.count * taps_h.count != count) {
        count = taps_d.count * taps_h.count;
        scale = op.row_scale(count, w.kernel);
      }
      if (in.depth == 1 && in.height == kWidth && h.stride == kStride)
        pool_row<Op, kWidth, kStride, kWidth, kShort>(op, in, dst, w.dst, w.pad_begin, weights,
                                                      scale);
      else
        pool_row<Op, kWidth, kStride, 0, kShort>(op, in, dst, w.dst, w.pad_begin, weights, scale);
    }
  });
}

constexpr Takes kTakes = {.reductions = kEveryVectorReduction,
                          .windowings = kSlidingWindows,
                          .types = kVectorTypes,
                          .dilation = true};

Refusal refuses(const Shapes& shapes) {
  const Axis& w = shapes.axis[2];
  if (storage_of(shapes).pixel_size != 1) return {Parameter::kLayout, kChannelsFirstAlone};
  if (w.dilation != 1) return {Parameter::kDilation, "takes no dilation on W"};
  if (w.kernel < 2 || w.kernel > 3) return {window_parameter(shapes), "takes 2 and 3 on W"};
  if (w.stride > 2) return {Parameter::kStride, "takes 1 and 2 on W"};
  if (const Refusal refusal = refuse_norm(shapes, kHighestPlainPower)) return refusal;
  return refuse_terms(shapes, nested_terms(shapes));
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const Axis& w = args.axis[2];
    if (w.stride == 1) return w.kernel == 2 ? pool<Op, 2, 1>(op, args) : pool<Op, 3, 1>(op, args);
    const int64_t row_bytes = w.src * int64_t(sizeof(typename Op::Element));
    if (args.axis[0].kernel == 1 && row_bytes <= kShortRow)
      return w.kernel == 2 ? pool<Op, 2, 2, true>(op, args) : pool<Op, 3, 2, true>(op, args);
    w.kernel == 2 ? pool<Op, 2, 2>(op, args) : pool<Op, 3, 2>(op, args);
  });
}

}  // namespace

constinit const Kernel kRows = {.name = "rows",
                                .summary = "channels first: input rows merged in registers",
                                .takes = kTakes,
                                .refuses = refuses,
                                .launch = launch,
                                .scratch_bytes = column_weights_bytes};

}  // namespace poolbench::openmp::POOLBENCH_ISA
