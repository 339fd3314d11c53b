// Channels first, small planes: a strip of columns at a time, down all rows of a plane.
//
// A thread takes an even share of the slices (plane, od). A strip is as many outputs of a row as a
// vector holds; what its loads must leave out at the edges of a row is the same for all rows, so a
// row costs nothing but its loads, combinations and store. With stride 1 a row is first combined
// across its columns (unaligned loads) and the results of the rows above stay in registers; with
// stride 2 the rows of a window are combined first and every second lane is then taken apart.
// Bound by loads and combinations; where planes leave L2 `rows` is better, which walks in order.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// The largest plane, in bytes: f32 128x66x66 3x3 s1, cold and hot us, here and row by row: 151, 97
// and 133, 110; f16 128x112x112 222, 164 and 234, 217; i8 128x160x160 214, 149 and 198, 164.
inline int64_t largest_plane(int64_t element_bytes) { return (element_bytes < 4 ? 32 : 18) << 10; }

// At stride 2 rows of more than one strip are better walked row by row. Of 3x3 s2, 128 planes and
// more, this kernel's time over that of `rows`, cold and hot: one strip f32 27x27 0.89, 0.69, f16
// 56x56 0.99, 0.65, i8 120x120 1.08, 0.78; two f32 36x36 1.17, 1.05, f16 64x64 1.17, 1.37. With
// AVX2 alone f32 14x14 (one) 0.84, 0.69, 28x28 (two) 1.21, 1.01; smaller types have no masked loads
// then: f16 16x16 (one) 1.88, 2.07.
constexpr bool has_masked_loads(int64_t element_bytes) {
  return kVectorBytes == 64 || (kVectorBytes == 32 && element_bytes >= 4);
}

// What comes a plane or more after this one, which the hardware does not foresee while strips go
// down this one: each row asks for its part of src and dst. f32 from memory, without and with it:
// 768x14x14 3x3 s2 44 us and 33, 480x14x14 3x3 s1 33 and 27, 256x56x56 2x2 203 and 151. Smaller
// planes than kSmallest gain nothing and take a tenth longer in L2. (All figures of this file:
// Xeon, AVX-512, 2 MiB of L2, 2 threads, 2026-11-23.)
template <class Element>
class PlanesAhead {
 public:
  // Elements of a plane; rows that it is asked for in.
  PlanesAhead(int64_t src_plane, int64_t dst_plane, int64_t rows) {
    const int64_t src_bytes = src_plane * kSize, dst_bytes = dst_plane * kSize;
    if (src_bytes < kSmallest) return;
    const int64_t planes = (kAhead + src_bytes - 1) / src_bytes;
    src_ahead_ = planes * src_bytes;
    dst_ahead_ = planes * dst_bytes;
    src_row_ = (src_bytes / rows + kLine - 1) / kLine * kLine;
    dst_row_ = (dst_bytes / rows + kLine - 1) / kLine * kLine;
  }

  // At the beginning of a plane.
  void start(const Element* src, Element* dst) {
    src_ = reinterpret_cast<const char*>(src) + src_ahead_;
    dst_ = reinterpret_cast<char*>(dst) + dst_ahead_;
  }
  POOLBENCH_INLINE void ask() {
    for (int64_t i = 0; i < src_row_; i += kLine) __builtin_prefetch(src_ + i);
    for (int64_t i = 0; i < dst_row_; i += kLine) __builtin_prefetch(dst_ + i, 1);
    src_ += src_row_;
    dst_ += dst_row_;
  }

 private:
  static constexpr int64_t kSize = sizeof(Element), kLine = 64;
  static constexpr int64_t kAhead = 2048, kSmallest = 512;  // bytes

  int64_t src_ahead_ = 0, dst_ahead_ = 0, src_row_ = 0, dst_row_ = 0;  // bytes
  const char* src_ = nullptr;
  char* dst_ = nullptr;
};

// Outputs of a row of a strip. With 3 taps and stride 2 the last lane's third tap is out of the
// loads' reach.
template <class Op>
constexpr int outputs_of(int64_t kernel, int64_t stride) {
  return stride == 2 && kernel == 3 ? Op::N - 1 : Op::N;
}

// One strip of one slice. kFull: all lanes of all loads are inside the row.
template <class Op, int kKernel, int kStride, bool kFull>
struct Strip {
  using Element = typename Op::Element;
  using V = typename Op::V;
  static constexpr int N = Op::N;
  static constexpr int kLoads = kStride == 1 ? kKernel : 2;
  static constexpr int kStep = kStride == 1 ? 1 : N;  // columns from one load to the next

  const Op& op;
  const Element* first;  // the slice's first tap plane, at the strip's first column
  int64_t d_step, h_step, height;
  int depth;
  const Lanes* lanes;

  POOLBENCH_INLINE V load(const Element* row, int i) const {
    if constexpr (kFull)
      return op.load(row + i * kStep);
    else
      return op.load_part(row + i * kStep, lanes[i]);
  }
  // Stride 1: row h combined across the window's columns.
  POOLBENCH_INLINE V across(int64_t h) const {
    if (h < 0 || h >= height || depth == 0) return Op::fill();
    const auto one = [&](const Element* row) {
      V v = load(row, 0);
#pragma GCC unroll 4
      for (int i = 1; i < kLoads; ++i) v = Op::combine(load(row, i), v);
      return v;
    };
    V v = one(first + h * h_step);
    for (int d = 1; d < depth; ++d) v = Op::combine(one(first + d * d_step + h * h_step), v);
    return v;
  }
  // Stride 2: the window's rows from h on combined, then its columns.
  POOLBENCH_INLINE V window(int64_t h) const {
    V a = Op::fill(), b = Op::fill();
    for (int d = 0; d < depth; ++d)
      for (int i = 0; i < kKernel; ++i) {
        if (h + i < 0 || h + i >= height) continue;
        const Element* row = first + d * d_step + (h + i) * h_step;
        a = Op::combine(load(row, 0), a);
        b = Op::combine(load(row, 1), b);
      }
    V v = every_second<0>(a, b);
    if constexpr (kKernel > 2) v = Op::combine(shift_out(v), v);
    if constexpr (kKernel > 1) v = Op::combine(every_second<1>(a, b), v);
    return v;
  }
  // Lane i is v[i + 1]; the last is of no use.
  static POOLBENCH_INLINE V shift_out(V v) { return shift_in<N - 1>(v, v); }
};

template <class Op, int kKernel, int kStride>
struct Planes {
  using Element = typename Op::Element;
  using V = typename Op::V;
  static constexpr int N = Op::N;
  static constexpr int kOutputs = outputs_of<Op>(kKernel, kStride);

  const Op& op;
  const PoolArgs& args;
  const ColumnWeights<Op>& weights;

  template <bool kFull>
  POOLBENCH_INLINE void run(Strip<Op, kKernel, kStride, kFull> strip, int64_t count_d,
                            int64_t column, Element* to, PlanesAhead<Element>& ahead) const {
    const Axis &h = args.axis[1], &w = args.axis[2];
    const Window* windows_h = args.table[1].windows;
    const int lanes = int(least(w.dst - column, kOutputs));
    int64_t count = -1;
    RowScale<typename Op::Weight> scale;
    const auto put = [&](int64_t o, V v) POOLBENCH_INLINE_LAMBDA {
      ahead.ask();
      if (Op::kSum && windows_h[o].count != count) {
        count = windows_h[o].count;
        scale = op.row_scale(count_d * count, w.kernel);
      }
      const auto result = weights.finish(op, v, column, lanes, scale);
      if (lanes == N)
        store_lanes(to + o * w.dst, result);
      else
        store_some(to + o * w.dst, result, lanes);
    };
    int64_t row = -h.pad_begin;
    if constexpr (kStride == 2) {
      for (int64_t o = 0; o < h.dst; ++o, row += 2) put(o, strip.window(row));
    } else if constexpr (kKernel == 2) {
      V above = strip.across(row++);
      for (int64_t o = 0; o < h.dst; ++o, ++row) {
        const V now = strip.across(row);
        put(o, Op::combine(now, above));
        above = now;
      }
    } else {
      V above = strip.across(row), now = strip.across(row + 1);
      row += 2;
      int64_t o = 0;
      for (; o + 2 <= h.dst; o += 2, row += 2) {  // two rows share what their windows share
        const V next = strip.across(row), last = strip.across(row + 1);
        const V both = Op::combine(next, now);
        put(o, Op::combine(both, above));
        put(o + 1, Op::combine(last, both));
        above = next;
        now = last;
      }
      if (o < h.dst) put(o, Op::combine(strip.across(row), Op::combine(now, above)));
    }
  }

  void slices(const Shape& shape, int64_t begin, int64_t end) const {
    const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
    const int64_t strips = (w.dst + kOutputs - 1) / kOutputs;
    PlanesAhead<Element> ahead(h.src * w.src, h.dst * w.dst, strips * h.dst);
    for (int64_t slice = begin; slice < end; ++slice) {
      const int64_t plane = slice / d.dst;
      const Window taps_d = table_window(args.table[0], plane, slice % d.dst);
      const Element* src = static_cast<const Element*>(args.src) + plane * shape.src_size +
                           taps_d.begin * h.src * w.src;
      Element* dst = static_cast<Element*>(args.dst) + slice * h.dst * w.dst;
      ahead.start(src, dst);
      for (int64_t column = 0; column < w.dst; column += kOutputs) {
        const int64_t x = column * kStride - w.pad_begin;
        const auto inside = [&](int64_t at) {
          return Lanes(least(most(-at, 0), N), least(w.src - at, N));
        };
        constexpr int kStep = Strip<Op, kKernel, kStride, true>::kStep;
        const Lanes lanes[3] = {inside(x), inside(x + kStep), inside(x + 2 * kStep)};
        const auto go = [&](auto strip) {
          strip.first = src + x;
          strip.d_step = d.dilation * h.src * w.src;
          strip.h_step = w.src;
          strip.height = h.src;
          strip.depth = int(tap_count(d, taps_d));
          run(strip, taps_d.count, column, dst + column, ahead);
        };
        using Full = Strip<Op, kKernel, kStride, true>;
        if (x >= 0 && x + (Full::kLoads - 1) * Full::kStep + N <= w.src)
          go(Full{op, nullptr, 0, 0, 0, 0, nullptr});
        else
          go(Strip<Op, kKernel, kStride, false>{op, nullptr, 0, 0, 0, 0, lanes});
      }
    }
  }
};

template <class Op, int kKernel, int kStride>
void pool(const Op& op, const PoolArgs& args) {
  const Shape shape = shape_of(args);
  const ColumnWeights<Op> weights(op, args);
  const Planes<Op, kKernel, kStride> planes{op, args, weights};
  share(shape.planes * args.axis[0].dst, bytes_moved<Op>(shape),
        [&](int64_t begin, int64_t end) { planes.slices(shape, begin, end); });
}

}  // namespace

const char* strips_why_not(const PoolArgs& args) {
  const Axis &h = args.axis[1], &w = args.axis[2];
  const Shape shape = shape_of(args);
  if (shape.unit != 1) return "it takes channels first alone";
  if (const char* why_not = sliding_why_not(args)) return why_not;
  if (h.dilation != 1 || w.dilation != 1) return "it takes dilation on the D axis alone";
  if (h.kernel != w.kernel || h.stride != w.stride || w.kernel > 3 || w.stride > 2 ||
      (w.kernel == 1 && w.stride == 1))
    return "it takes 2x2 and 3x3 with strides of 1 and 2, and 1x1 with 2";
  if (const char* why_not = low_norm_why_not(args)) return why_not;
  const int64_t element_bytes = dtype_bytes(DType(args.dtype));
  if (h.src * w.src * element_bytes > largest_plane(element_bytes))
    return "rows are better taken in order where planes are large";
  int64_t outputs = 0;  // of a strip
  with_op<true>(args, [&](const auto& op) {
    outputs = outputs_of<std::remove_cvref_t<decltype(op)>>(w.kernel, w.stride);
  });
  if (w.stride == 2 && (w.dst > outputs || !has_masked_loads(element_bytes)))
    return "rows are better taken in order than in strips side by side";
  if (shape.planes * args.axis[0].dst < 8) return "it needs more planes to share";
  return terms_why_not(args, nested_terms(args));
}

void strips_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const int64_t kernel = args.axis[2].kernel;
    if (args.axis[2].stride == 1)
      return kernel == 2 ? pool<Op, 2, 1>(op, args) : pool<Op, 3, 1>(op, args);
    if (kernel == 1) return pool<Op, 1, 2>(op, args);
    return kernel == 2 ? pool<Op, 2, 2>(op, args) : pool<Op, 3, 2>(op, args);
  });
}

}  // namespace poolbench::POOLBENCH_ISA
