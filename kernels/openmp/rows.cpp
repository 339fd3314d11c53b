// Channels first, small windows: whole output rows from whole input rows, in registers.
//
// A thread takes an even share of all output rows (plane, od, oh). For a vector of outputs it
// combines the window's input rows column by column (one load a row and vector), then combines
// shifted or every second lanes of the column results; the last vector of columns is kept for the
// next step, so that each input row is loaded once. Columns outside the input are lanes that are
// never loaded and hold the reduction's neutral value. Bound by memory where rows are long, by the
// work a row costs beside its vectors where they are short.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

template <class Op>
struct InputRows {
  const typename Op::Element* first;
  int64_t d_step, h_step, width;
  int depth, height;
  int fresh_d, fresh_h;  // this many of the last planes and rows the outputs before did not load

  // Asks for what follows columns [x, x + N) of the rows that are new.
  template <int kHeight, int kFresh>
  POOLBENCH_INLINE void ask(int64_t x) const {
    if constexpr (kHeight > 0) {
#pragma GCC unroll 4
      for (int h = kHeight - kFresh; h < kHeight; ++h) ask_to_load(first + h * h_step + x);
    } else {
      for (int d = depth - fresh_d; d < depth; ++d)
        for (int h = height - fresh_h; h < height; ++h)
          ask_to_load(first + d * d_step + h * h_step + x);
    }
  }

  // Combines columns [x, x + N). kHeight: the number of rows when it is known, and depth is 1.
  template <int kHeight>
  POOLBENCH_INLINE typename Op::V column(const Op& op, int64_t x) const {
    if (x >= 0 && x + Op::N <= width)
      return combine<kHeight>([&](const auto* row) { return op.load(row + x); });
    const int lo = x < 0 ? int(least(-x, Op::N)) : 0;
    const int hi = int(most(least(width - x, Op::N), lo));
    if (lo == hi) return Op::fill();
    const Lanes lanes(lo, hi);
    return combine<kHeight>([&](const auto* row) { return op.load_part(row + x, lanes); });
  }

 private:
  template <int kHeight, class Load>
  POOLBENCH_INLINE typename Op::V combine(const Load& load) const {
    if constexpr (kHeight > 0) {
      typename Op::V v = load(first);
#pragma GCC unroll 4
      for (int h = 1; h < kHeight; ++h) v = Op::combine(load(first + h * h_step), v);
      return v;
    } else {
      typename Op::V v = Op::fill();
      for (int d = 0; d < depth; ++d)
        for (int h = 0; h < height; ++h) v = Op::combine(load(first + d * d_step + h * h_step), v);
      return v;
    }
  }
};

// One output row. x is the column of the first output's tap number kBehind; the taps before it come
// from the columns of the step before.
template <class Op, int kWidth, int kStride, int kHeight>
POOLBENCH_INLINE void pool_row(const Op& op, const InputRows<Op>& in, typename Op::Element* dst,
                               int64_t width, int64_t pad, const ColumnWeights<Op>& weights,
                               RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int N = Op::N;
  constexpr int kBehind = kWidth > kStride ? kWidth - kStride : 0;
  const auto column = [&](int64_t x) { return in.template column<kHeight>(op, x); };
  int64_t x = kBehind - pad;
  V before = kBehind > 0 ? column(x - N) : Op::fill();
  for (int64_t o = 0; o < width; o += N, x += kStride * N) {
    V out;
    for (int i = 0; i < kStride; ++i) in.template ask<kHeight, least(kStride, kHeight)>(x + i * N);
    if constexpr (kStride == 1) {
      const V now = column(x);
      out = now;
      if constexpr (kWidth > 1) out = Op::combine(shift_in<1>(before, now), out);
      if constexpr (kWidth > 2) out = Op::combine(shift_in<2>(before, now), out);
      before = now;
    } else {
      static_assert(kStride == 2 && kWidth <= 3);
      const V a = column(x), b = column(x + N);
      out = every_second<0>(a, b);
      if constexpr (kWidth > 1) {
        const V odd = every_second<1>(a, b);
        out = Op::combine(odd, out);
        if constexpr (kWidth > 2) out = Op::combine(shift_in<1>(before, odd), out);
        before = odd;
      }
    }
    const int64_t left = width - o;
    ask_to_store(dst + o);
    const auto result = weights.finish(op, out, o, least(N, left), scale);
    if (left >= N)
      store_lanes(dst + o, result);
    else
      store_some(dst + o, result, int(left));
  }
}

template <class Op, int kWidth, int kStride>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  const Shape shape = shape_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const ColumnWeights<Op> weights(op, args);
  const int64_t rows = shape.planes * d.dst * h.dst;
  share(rows, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    RowCounter at(args, begin);
    InputRows<Op> in;
    in.width = w.src;
    in.d_step = h.src * w.src * d.dilation;
    in.h_step = w.src * h.dilation;
    for (int64_t row = begin; row < end; ++row, at.next(args)) {
      const Window taps_d = table_window(args.table[0], at.plane, at.od),
                   taps_h = table_window(args.table[1], at.plane, at.oh);
      in.depth = int(tap_count(d, taps_d));
      in.height = int(tap_count(h, taps_h));
      in.first = static_cast<const Element*>(args.src) + at.plane * shape.src_size +
                 (taps_d.begin * h.src + taps_h.begin) * w.src;
      in.fresh_d = int(least(d.stride, in.depth));
      in.fresh_h = int(least(h.stride, in.height));
      Element* dst = static_cast<Element*>(args.dst) + row * w.dst;
      const auto scale = op.row_scale(taps_d.count * taps_h.count, w.kernel);
      if (in.depth == 1 && in.height == kWidth && h.stride == kStride)
        pool_row<Op, kWidth, kStride, kWidth>(op, in, dst, w.dst, w.pad_begin, weights, scale);
      else
        pool_row<Op, kWidth, kStride, 0>(op, in, dst, w.dst, w.pad_begin, weights, scale);
    }
  });
}

}  // namespace

int64_t rows_scratch(const PoolArgs& args) { return column_weights_bytes(args); }

const char* rows_why_not(const PoolArgs& args) {
  const Axis& w = args.axis[2];
  if (shape_of(args).unit != 1) return "it takes channels first alone";
  if (const char* why_not = sliding_why_not(args)) return why_not;
  if (w.dilation != 1) return "it takes no dilation on the W axis";
  if (w.kernel < 2 || w.kernel > 3 || w.stride > 2)
    return "on the W axis it takes kernels of 2 and 3, strides of 1 and 2";
  if (const char* why_not = low_norm_why_not(args)) return why_not;
  return terms_why_not(args, nested_terms(args));
}

void rows_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const Axis& w = args.axis[2];
    if (w.kernel == 2) return w.stride == 1 ? pool<Op, 2, 1>(op, args) : pool<Op, 2, 2>(op, args);
    if (w.stride == 1) return pool<Op, 3, 1>(op, args);
    pool<Op, 3, 2>(op, args);
  });
}

}  // namespace poolbench::POOLBENCH_ISA
