// Channels first, small planes: a strip of columns at a time, down all rows of a plane.
//
// A thread takes an even share of the slices (plane, od). A strip is as many outputs of a row as a
// vector holds. Which lanes its loads leave out at the edges is the same for all rows, so a row
// costs its loads, merges and store alone. With stride 1 a row is first merged across its columns
// (unaligned loads), and the results of the rows above stay in registers; with stride 2 the
// window's rows are merged first, then every second lane. Bound by loads and merges; planes that
// leave L2 go to `rows`, which reads in order.
//
// Figures of this file: Xeon, AVX-512, 2 MiB of L2, 2 threads, 2026-11-23; us cold / hot.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

// Larger planes, in bytes, go to `rows`:
//
//   stride 1                strips       rows
//   f32 128x66x66   3x3     151 / 97     133 / 110
//   f16 128x112x112 3x3     222 / 164    234 / 217
//   i8  128x160x160 3x3     214 / 149    198 / 164
constexpr int64_t largest_plane(int64_t element_bytes) {
  return (element_bytes < 4 ? 32 : 18) << 10;
}

// At stride 2, rows of more than one strip go to `rows`, and so does what has no masked loads. Time
// of `strips` over that of `rows`, 3x3 s2, 128 planes and more:
//
//   AVX-512                        cold / hot     AVX2                        cold / hot
//   f32 27x27    one strip         0.89 / 0.69    f32 14x14    one strip      0.84 / 0.69
//   f16 56x56    one strip         0.99 / 0.65    f32 28x28    two strips     1.21 / 1.01
//   i8  120x120  one strip         1.08 / 0.78    f16 16x16    one, unmasked  1.88 / 2.07
//   f32 36x36    two strips        1.17 / 1.05
//   f16 64x64    two strips        1.17 / 1.37
constexpr bool has_masked_loads(int64_t element_bytes) {
  return kVectorBytes == 64 || (kVectorBytes == 32 && element_bytes >= 4);
}

// Prefetches the next planes, a part with each row of this one: strips go down a plane, which
// hardware prefetchers do not follow. f32 from memory, us:
//
//                        without    with
//   768x14x14  3x3 s2    44         33
//   480x14x14  3x3 s1    33         27
//   256x56x56  2x2       203        151
//
// All planes that a slice takes: 256x8x28x28 2x2x2 takes half the time or less (AMD EPYC,
// 2026-11-30).
//
// Planes below kSmallest gain nothing and take a tenth longer in L2.
template <class Element>
class PlanesAhead {
 public:
  // Elements that a slice takes from src and dst; calls of prefetch() that they are spread over.
  PlanesAhead(int64_t src_plane, int64_t dst_plane, int64_t rows) {
    const int64_t src_bytes = src_plane * kSize, dst_bytes = dst_plane * kSize;
    if (src_bytes < kSmallest) return;
    const int64_t planes = ceil_div(kAhead, src_bytes);
    src_ahead_ = planes * src_bytes;
    dst_ahead_ = planes * dst_bytes;
    src_row_ = ceil_div(src_bytes / rows, kLine) * kLine;
    dst_row_ = ceil_div(dst_bytes / rows, kLine) * kLine;
  }

  // At the beginning of a plane.
  void start(const Element* src, Element* dst) {
    src_ = reinterpret_cast<const char*>(src) + src_ahead_;
    dst_ = reinterpret_cast<char*>(dst) + dst_ahead_;
  }
  POOLBENCH_INLINE void prefetch() {
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

// Outputs in a row of a strip. With 3 taps and stride 2 the two loads do not reach the last lane's
// third tap.
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
  // Stride 1: row h merged across the window's columns.
  POOLBENCH_INLINE V across(int64_t h) const {
    if (h < 0 || h >= height || depth == 0) return Op::identity();
    const auto one = [&](const Element* row) {
      V v = load(row, 0);
#pragma GCC unroll 4
      for (int i = 1; i < kLoads; ++i) v = Op::merge(load(row, i), v);
      return v;
    };
    V v = one(first + h * h_step);
    for (int d = 1; d < depth; ++d) v = Op::merge(one(first + d * d_step + h * h_step), v);
    return v;
  }
  // Stride 2: the window's rows from h on merged, then its columns.
  POOLBENCH_INLINE V window(int64_t h) const {
    V a, b;
    // A whole window of one plane needs no identity and no comparisons: 128x28x28 average 2x2 1.3
    // times as fast in cache, 256x27x27 max 3x3 1.2 (f32, EPYC (Zen 5), 2 threads, 2026-11-30).
    if (depth == 1 && h >= 0 && h + kKernel <= height) {
      const Element* row = first + h * h_step;
      a = load(row, 0);
      b = load(row, 1);
#pragma GCC unroll 4
      for (int i = 1; i < kKernel; ++i) {
        row += h_step;
        a = Op::merge(load(row, 0), a);
        b = Op::merge(load(row, 1), b);
      }
    } else {
      a = b = Op::identity();
      for (int d = 0; d < depth; ++d)
        for (int i = 0; i < kKernel; ++i) {
          if (h + i < 0 || h + i >= height) continue;
          const Element* row = first + d * d_step + (h + i) * h_step;
          a = Op::merge(load(row, 0), a);
          b = Op::merge(load(row, 1), b);
        }
    }
    V v = every_second<0>(a, b);
    if constexpr (kKernel > 2) v = Op::merge(shift_out(v), v);
    if constexpr (kKernel > 1) v = Op::merge(every_second<1>(a, b), v);
    return v;
  }
  // Lane i is v[i + 1]; the last one is not used.
  static POOLBENCH_INLINE V shift_out(V v) { return shift_in<N - 1>(v, v); }
};

// Walks the strips of slices.
template <class Op, int kKernel, int kStride>
struct SliceWalk {
  using Element = typename Op::Element;
  using V = typename Op::V;
  static constexpr int N = Op::N;
  static constexpr int kOutputs = outputs_of<Op>(kKernel, kStride);

  const Op& op;
  const PoolArgs& args;
  const ColumnWeights<Op>& weights;

  template <bool kFull>
  POOLBENCH_INLINE void run_strip(Strip<Op, kKernel, kStride, kFull> strip, int64_t count_d,
                                  int64_t column, Element* to, PlanesAhead<Element>& ahead) const {
    const Axis &h = args.axis[1], &w = args.axis[2];
    const Window* windows_h = args.table[1].windows;
    const int lanes = int(smaller(w.dst - column, kOutputs));
    int64_t count = -1;
    RowScale<typename Op::Weight> scale;
    const auto put = [&](int64_t o, V v) POOLBENCH_INLINE_LAMBDA {
      ahead.prefetch();
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
        put(o, Op::merge(now, above));
        above = now;
      }
    } else {
      V above = strip.across(row), now = strip.across(row + 1);
      row += 2;
      int64_t o = 0;
      for (; o + 2 <= h.dst; o += 2, row += 2) {  // two output rows share two input rows
        const V next = strip.across(row), last = strip.across(row + 1);
        const V both = Op::merge(next, now);
        put(o, Op::merge(both, above));
        put(o + 1, Op::merge(last, both));
        above = next;
        now = last;
      }
      if (o < h.dst) put(o, Op::merge(strip.across(row), Op::merge(now, above)));
    }
  }

  void run_slices(const Storage& storage, int64_t begin, int64_t end) const {
    const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
    const int64_t strips_a_row = ceil_div(w.dst, kOutputs);
    const int64_t fresh = smaller(d.stride, d.kernel);  // planes that the slice before did not load
    PlanesAhead<Element> ahead(fresh * h.src * w.src, h.dst * w.dst, strips_a_row * h.dst);
    // Counted up: without two divisions a slice 128x28x28 2x2 takes 0.98 of the time in cache.
    int64_t plane = begin / d.dst, od = begin % d.dst;
    const auto next = [&] {
      if (++od == d.dst) od = 0, ++plane;
    };
    for (int64_t slice = begin; slice < end; ++slice, next()) {
      const Window taps_d = table_window(args.table[0], plane, od);
      const Element* src = static_cast<const Element*>(args.src) + plane * storage.src_size +
                           taps_d.begin * h.src * w.src;
      Element* dst = static_cast<Element*>(args.dst) + slice * h.dst * w.dst;
      ahead.start(src, dst);
      for (int64_t column = 0; column < w.dst; column += kOutputs) {
        const int64_t x = column * kStride - w.pad_begin;
        const auto inside = [&](int64_t at) {
          return Lanes(smaller(larger(-at, 0), N), smaller(w.src - at, N));
        };
        constexpr int kStep = Strip<Op, kKernel, kStride, true>::kStep;
        const Lanes lanes[3] = {inside(x), inside(x + kStep), inside(x + 2 * kStep)};
        const auto go = [&](auto strip) {
          strip.first = src + x;
          strip.d_step = d.dilation * h.src * w.src;
          strip.h_step = w.src;
          strip.height = h.src;
          strip.depth = int(tap_count(d, taps_d));
          run_strip(strip, taps_d.count, column, dst + column, ahead);
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
  const Storage storage = storage_of(args);
  const ColumnWeights<Op> weights(op, args);
  const SliceWalk<Op, kKernel, kStride> walk{op, args, weights};
  share(args, storage.planes * args.axis[0].dst, bytes_moved<Op>(storage),
        [&](int64_t begin, int64_t end) { walk.run_slices(storage, begin, end); });
}

constexpr Takes kTakes = {.reductions = kEveryVectorReduction,
                          .windowings = kSlidingWindows,
                          .types = kVectorTypes,
                          .dilation = true};

Refusal refuses(const Shapes& shapes) {
  const Axis &d = shapes.axis[0], &h = shapes.axis[1], &w = shapes.axis[2];
  const Storage storage = storage_of(shapes);
  if (storage.pixel_size != 1) return {Parameter::kLayout, kChannelsFirstAlone};
  if (h.dilation != 1 || w.dilation != 1)
    return {Parameter::kDilation, "takes dilation on D alone"};
  if (h.kernel != w.kernel || w.kernel > 3 || (w.kernel == 1 && w.stride == 1))
    return {window_parameter(shapes), "takes 2x2, 3x3, and 1x1 with stride 2"};
  if (h.stride != w.stride || w.stride > 2) return {Parameter::kStride, "takes 1x1 and 2x2"};
  if (const Refusal refusal = refuse_norm(shapes, kHighestPlainPower)) return refusal;
  const int64_t element_bytes = dtype_bytes(DType(shapes.dtype));
  if (h.src * w.src * element_bytes > largest_plane(element_bytes))
    return {Parameter::kSrc, "large planes run faster in `rows`"};
  int64_t outputs = 0;  // of a strip
  with_op<kTakes>(shapes, [&](const auto& op) {
    outputs = outputs_of<std::remove_cvref_t<decltype(op)>>(w.kernel, w.stride);
  });
  if (w.stride == 2 && !has_masked_loads(element_bytes))
    return {Parameter::kType, "without masked loads stride 2 runs faster in `rows`"};
  if (w.stride == 2 && w.dst > outputs)
    return {Parameter::kSrc, "with stride 2 rows of several vectors run faster in `rows`"};
  if (storage.planes * d.dst < 8) return {Parameter::kSrc, "too few planes to share among threads"};
  return refuse_terms(shapes, nested_terms(shapes));
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const int64_t kernel = args.axis[2].kernel;
    if (args.axis[2].stride == 1)
      return kernel == 2 ? pool<Op, 2, 1>(op, args) : pool<Op, 3, 1>(op, args);
    if (kernel == 1) return pool<Op, 1, 2>(op, args);
    return kernel == 2 ? pool<Op, 2, 2>(op, args) : pool<Op, 3, 2>(op, args);
  });
}

}  // namespace

constinit const Kernel kStrips = {
    .name = "strips",
    .summary = "channels first, small planes: strips of columns in registers",
    .takes = kTakes,
    .refuses = refuses,
    .launch = launch,
    .scratch_bytes = column_weights_bytes};

}  // namespace poolbench::openmp::POOLBENCH_ISA
