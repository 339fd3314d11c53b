// Channels last: vectors along the channels, one output row at a time.
//
// A unit of work is a block of up to four vectors of channels of one output row (n, od, oh); a
// thread takes an even share of all units. It walks along W with the block's results in registers.
// Where windows overlap (3 wide, stride 1 or 2) a pixel's column of taps is combined once and kept
// for the outputs that share it; else each output walks its taps, with windows from the tables, so
// that any windowing is taken. Channels that do not fill a vector are done by one that ends with
// the last channel. Bound by memory, in L2 by the loads and combinations of taps.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

constexpr int kBlockVectors = 4;
// 192x28x28 f32, stride 1: 4x4 takes 101 us here and 96 in tiles, 5x5 147 and 110 (Xeon, AVX-512,
// one thread, 2026-11-23).
constexpr int64_t kManyTaps = 20;

template <class Op, int J>
struct Pixel {
  typename Op::V v[J];

  static POOLBENCH_INLINE Pixel fill() {
    Pixel p;
    for (int j = 0; j < J; ++j) p.v[j] = Op::fill();
    return p;
  }
  POOLBENCH_INLINE void add(const Op& op, const typename Op::Element* at) {
    for (int j = 0; j < J; ++j) v[j] = Op::combine(op.load(at + j * Op::N), v[j]);
  }
  POOLBENCH_INLINE void add(const Pixel& other) {
    for (int j = 0; j < J; ++j) v[j] = Op::combine(other.v[j], v[j]);
  }
};

// The taps of one output row, from its first tap row on, at the block's first channel.
template <class Op>
struct TapRows {
  const typename Op::Element* first;
  int64_t d_step, h_step, pixel, width;
  int depth, height;

  template <int J>
  POOLBENCH_INLINE Pixel<Op, J> column(const Op& op, int64_t x) const {
    auto column = Pixel<Op, J>::fill();
    if (x < 0 || x >= width) return column;
    for (int d = 0; d < depth; ++d)
      for (int h = 0; h < height; ++h) column.add(op, first + d * d_step + h * h_step + x * pixel);
    return column;
  }

  // Row by row, so that sums are nested.
  template <int J>
  POOLBENCH_INLINE Pixel<Op, J> window(const Op& op, const Window& taps, int64_t step) const {
    auto result = Pixel<Op, J>::fill();
    for (int d = 0; d < depth; ++d)
      for (int h = 0; h < height; ++h) {
        const auto* row = first + d * d_step + h * h_step;
        if constexpr (Op::kSum) {
          auto sum = Pixel<Op, J>::fill();
          for (int64_t x = taps.begin; x < taps.end; x += step) sum.add(op, row + x * pixel);
          result.add(sum);
        } else {
          for (int64_t x = taps.begin; x < taps.end; x += step) result.add(op, row + x * pixel);
        }
      }
    return result;
  }
};

// kWidth, kStride: of the windows on the W axis; 0: any windows.
template <class Op, int kWidth, int kStride, int J>
POOLBENCH_INLINE void pool_row(const Op& op, const PoolArgs& args, const TapRows<Op>& in,
                               typename Op::Element* dst, int64_t row_count) {
  const Axis& w = args.axis[2];
  int64_t count = -1;
  RowScale<typename Op::Weight> scale;
  Pixel<Op, J> a, b, c;
  if constexpr (kWidth == 3) {
    a = in.template column<J>(op, -w.pad_begin);
    b = kStride == 1 ? in.template column<J>(op, 1 - w.pad_begin) : a;
  }
  int64_t x = 3 - kStride - w.pad_begin;  // the first column that is not yet there
  for (int64_t o = 0; o < w.dst; ++o, x += kStride, dst += in.pixel) {
    Pixel<Op, J> out;
    if constexpr (kWidth == 3 && kStride == 1) {
      c = in.template column<J>(op, x);
      out = a;
      out.add(b);
      out.add(c);
      a = b;
      b = c;
    } else if constexpr (kWidth == 3) {
      b = in.template column<J>(op, x);
      c = in.template column<J>(op, x + 1);
      out = a;
      out.add(b);
      out.add(c);
      a = c;
    } else {
      out = in.template window<J>(op, w.windows[o], w.dilation);
    }
    if (Op::kSum && w.windows[o].count != count) {
      count = w.windows[o].count;
      scale = op.row_scale(row_count * count, 1);
    }
    for (int j = 0; j < J; ++j) store_lanes(dst + j * Op::N, op.finish(out.v[j], scale, Op::N));
  }
}

template <class Op, int kWidth, int kStride>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  constexpr int N = Op::N;
  const Shape shape = shape_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const int64_t channels = args.c;
  const int64_t blocks = (channels + kBlockVectors * N - 1) / (kBlockVectors * N);
  const int64_t rows = args.n * d.dst * h.dst;
  share(rows * blocks, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    RowCounter at(args, begin / blocks);
    int64_t block = begin % blocks;
    TapRows<Op> in;
    in.pixel = channels;
    in.width = w.src;
    in.d_step = h.src * w.src * channels * d.dilation;
    in.h_step = w.src * channels * h.dilation;
    for (int64_t unit = begin; unit < end; ++unit) {
      const Window taps_d = window_at(d, at.plane, at.od), taps_h = window_at(h, at.plane, at.oh);
      in.depth = tap_count(d, taps_d);
      in.height = tap_count(h, taps_h);
      const Element* src = static_cast<const Element*>(args.src) + at.plane * shape.src_size +
                           (taps_d.begin * h.src + taps_h.begin) * w.src * channels;
      Element* dst = static_cast<Element*>(args.dst) +
                     ((at.plane * d.dst + at.od) * h.dst + at.oh) * w.dst * channels;
      const int64_t row_count = taps_d.count * taps_h.count;
      const int64_t from = block * kBlockVectors * N;
      if (from + kBlockVectors * N <= channels) {
        in.first = src + from;
        pool_row<Op, kWidth, kStride, kBlockVectors>(op, args, in, dst + from, row_count);
      } else {
        for (int64_t c = from; c < channels; c += N) {
          const int64_t first = least(c, channels - N);
          in.first = src + first;
          pool_row<Op, kWidth, kStride, 1>(op, args, in, dst + first, row_count);
        }
      }
      if (++block == blocks) {
        block = 0;
        at.next(args);
      }
    }
  });
}

}  // namespace

const char* channels_why_not(const PoolArgs& args) {
  if (shape_of(args).unit == 1) return "it takes channels last alone, and more than one";
  if (Windowing(args.windowing) == Windowing::kFractional)
    return "it takes windows that are the same for all channels";
  if (const char* why_not = op_why_not(args)) return why_not;
  const Axis &h = args.axis[1], &w = args.axis[2];
  if (sliding_why_not(args) == nullptr && h.stride == 1 && w.stride == 1 && w.dst > 1 &&
      h.kernel * w.kernel >= kManyTaps)
    return "so many taps a window are cheaper axis by axis";
  const char* why_not = terms_why_not(args, nested_terms(args));
  with_op(args, [&](const auto& op) {
    if (args.c < std::remove_cvref_t<decltype(op)>::N) why_not = "its vectors need more channels";
  });
  return why_not;
}

void channels_launch(const PoolArgs& args, void*) {
  with_op(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const Axis& w = args.axis[2];
    const bool sliding = sliding_why_not(args) == nullptr && w.dilation == 1 && w.kernel == 3;
    if (sliding && w.stride == 1) return pool<Op, 3, 1>(op, args);
    if (sliding && w.stride == 2) return pool<Op, 3, 2>(op, args);
    pool<Op, 0, 0>(op, args);
  });
}

}  // namespace poolbench::POOLBENCH_ISA
