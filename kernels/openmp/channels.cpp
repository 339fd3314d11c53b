// Channels last: vectors along the channels, one output row at a time.
//
// A unit of work is one or two output rows (n, od, oh), or a part of their channels where there are
// few rows; a thread takes an even share of all units. Output follows output, and of each all
// channels: so memory is read in order, in as many streams as a window has rows. (A block of
// channels along a whole row, with what windows share in registers, moves fewer bytes from L1 and
// took longer: 512x28x28 f32 3x3 s2 28 us in L2 and 118 from memory, against 14 and 87 here; with
// two or four outputs side by side 13 to 20 and 90 to 102. Xeon, 2 threads, 2026-11-23.) Three
// ways:
//   sliding  up to 3 wide, stride 1 or 2; where windows overlap, two outputs below each other share
//            what they have in common
//   few      any windows, from the tables, an output's taps in registers
//   many     windows of many taps, an output's sums in L1 (pixels.h)
// Channels that do not fill a vector are done by one that ends with the last channel. Bound by
// memory; in L2 by the loads of the windows' rows.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/pixels.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// Windows that do not overlap leave the hardware nothing to guess from in their order: 512x28x28
// 2x2 s2 takes 88 us from memory without asking ahead, 78 with it (Xeon, 2 threads, 2026-11-23; for
// those that do overlap it helps nothing from memory and costs a tenth in L2).
constexpr int64_t kAheadBytes = 2048;  // or the next window, where that is further
// From this many taps on an output's sums stand in L1. Chosen, not tuned.
constexpr int64_t kFewTaps = 25;
constexpr int64_t kMaxRows = 64;  // of a window: as many as sums take in any case

// Where an output row's taps stand: the beginnings of the input rows, at the unit's first channel.
template <class Op>
struct TapRows {
  const typename Op::Element* row[kMaxRows];
  int64_t rows = 0;
  int64_t pixel, width;  // elements of a pixel, pixels of a row
};

// An output whose window begins at column x. kInside: all of it is inside the input.
template <class Op, int kWidth, bool kAhead, bool kInside>
POOLBENCH_INLINE void pool_one(const Op& op, const TapRows<Op>& in, int64_t x, int64_t channels,
                               typename Op::Element* dst, RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  const int64_t ahead = most(kWidth * in.pixel, kAheadBytes / int64_t(sizeof(*dst)));
  for (int64_t from = 0; from < channels; from += N) {
    const int64_t c = least(from, channels - N);
    V column[kWidth];
    for (V& v : column) v = Op::fill();
    for (int64_t r = 0; r < in.rows; ++r) {
      const auto* at = in.row[r] + x * in.pixel + c;
#pragma GCC unroll 4
      for (int i = 0; i < kWidth; ++i, at += in.pixel) {
        if (!kInside && (x + i < 0 || x + i >= in.width)) continue;
        if (kAhead) __builtin_prefetch(at + ahead);
        const V v = op.load(at);
        column[i] = r == 0 ? v : Op::combine(v, column[i]);
      }
    }
    V v = column[0];
#pragma GCC unroll 4
    for (int i = 1; i < kWidth; ++i) v = Op::combine(column[i], v);
    store_lanes(dst + c, op.finish(v, scale, int(N)));
  }
}

// Two outputs, one below the other, which share the input rows that both windows hold: in each
// slice kWidth + kStride rows, all inside the input.
template <class Op, int kWidth, int kStride, bool kInside>
POOLBENCH_INLINE void pool_two(const Op& op, const TapRows<Op>& in, int64_t x, int64_t channels,
                               typename Op::Element* dst, int64_t dst_row,
                               RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  for (int64_t from = 0; from < channels; from += N) {
    const int64_t c = least(from, channels - N);
    V upper[kWidth], lower[kWidth];
    for (int i = 0; i < kWidth; ++i) upper[i] = lower[i] = Op::fill();
    for (int64_t slice = 0; slice < in.rows; slice += kWidth + kStride) {
      const auto* const* row = in.row + slice;
#pragma GCC unroll 4
      for (int i = 0; i < kWidth; ++i) {
        if (!kInside && (x + i < 0 || x + i >= in.width)) continue;
        const int64_t at = (x + i) * in.pixel + c;
        V shared = op.load(row[kStride] + at);
#pragma GCC unroll 4
        for (int r = kStride + 1; r < kWidth; ++r)
          shared = Op::combine(op.load(row[r] + at), shared);
        V above = shared, below = shared;
#pragma GCC unroll 4
        for (int r = 0; r < kStride; ++r) {
          above = Op::combine(op.load(row[r] + at), above);
          below = Op::combine(op.load(row[kWidth + r] + at), below);
        }
        upper[i] = slice == 0 ? above : Op::combine(above, upper[i]);
        lower[i] = slice == 0 ? below : Op::combine(below, lower[i]);
      }
    }
#pragma GCC unroll 4
    for (int i = 1; i < kWidth; ++i) {
      upper[0] = Op::combine(upper[i], upper[0]);
      lower[0] = Op::combine(lower[i], lower[0]);
    }
    store_lanes(dst + c, op.finish(upper[0], scale, int(N)));
    store_lanes(dst + dst_row + c, op.finish(lower[0], scale, int(N)));
  }
}

// The scales of a row's outputs: computed anew only where the count changes.
template <class Op>
struct ColumnScales {
  const Op& op;
  const Axis& w;
  int64_t row_count;
  int64_t count = -1;
  RowScale<typename Op::Weight> last = {};

  POOLBENCH_INLINE RowScale<typename Op::Weight> at(int64_t o) {
    if (Op::kSum && w.windows[o].count != count) {
      count = w.windows[o].count;
      last = op.row_scale(row_count * count, 1);
    }
    return last;
  }
};

// One row of outputs, or with kPair two.
template <class Op, int kWidth, int kStride, bool kPair>
POOLBENCH_INLINE void sliding_row(const Op& op, const Axis& w, const TapRows<Op>& in,
                                  int64_t channels, typename Op::Element* dst,
                                  ColumnScales<Op> scales) {
  constexpr bool kAhead = kWidth == kStride;
  for (int64_t o = 0; o < w.dst; ++o, dst += in.pixel) {
    const auto scale = scales.at(o);
    const int64_t x = o * kStride - w.pad_begin, dst_row = w.dst * in.pixel;
    const bool inside = x >= 0 && x + kWidth <= in.width;
    if (kPair && inside)
      pool_two<Op, kWidth, kStride, true>(op, in, x, channels, dst, dst_row, scale);
    else if (kPair)
      pool_two<Op, kWidth, kStride, false>(op, in, x, channels, dst, dst_row, scale);
    else if (inside)
      pool_one<Op, kWidth, kAhead, true>(op, in, x, channels, dst, scale);
    else
      pool_one<Op, kWidth, kAhead, false>(op, in, x, channels, dst, scale);
  }
}

template <class Op>
POOLBENCH_INLINE void few_taps(const Op& op, const TapRows<Op>& in, const Window& taps,
                               int64_t step, int64_t channels, typename Op::Element* dst,
                               RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  const int64_t ahead =
      most((taps.end - taps.begin) * in.pixel, kAheadBytes / int64_t(sizeof(*dst)));
  for (int64_t from = 0; from < channels; from += Op::N) {
    const int64_t c = least(from, channels - Op::N);
    V all = Op::fill();
    for (int64_t r = 0; r < in.rows; ++r) {
      V v = Op::kSum ? Op::fill() : all;  // sums are nested
      for (int64_t x = taps.begin; x < taps.end; x += step) {
        const auto* at = in.row[r] + x * in.pixel + c;
        __builtin_prefetch(at + ahead);
        v = Op::combine(op.load(at), v);
      }
      all = Op::kSum ? Op::combine(v, all) : v;
    }
    store_lanes(dst + c, op.finish(all, scale, int(Op::N)));
  }
}

template <class Op>
POOLBENCH_INLINE void many_taps(const Op& op, const TapRows<Op>& in, const Window& taps,
                                int64_t step, int64_t channels, typename Op::Element* dst,
                                int64_t count) {
  constexpr int64_t kMost = kPixelVectors * Op::N;
  for (int64_t from = 0; from < channels; from += kMost) {
    const int64_t size = least(channels - from, kMost);
    const int64_t first = size < Op::N ? channels - Op::N : from;
    PixelSums<Op> sums(op, most(size, Op::N));
    for (int64_t r = 0; r < in.rows; ++r)
      sums.add(in.row[r] + taps.begin * in.pixel + first, (taps.end - taps.begin + step - 1) / step,
               step * in.pixel);
    sums.store(dst + first, count);
  }
}

// kWidth, kStride: of the windows on the W axis; 0: any windows.
template <class Op, int kWidth, int kStride>
class Rows {
 public:
  using Element = typename Op::Element;
  static constexpr int64_t N = Op::N;
  static constexpr bool kOverlap = kWidth > kStride;

  Rows(const Op& op, const PoolArgs& args) : op_(op), args_(args), shape_(shape_of(args)) {
    const Axis &d = args.axis[0], &h = args.axis[1];
    pairs_ = kOverlap && h.kernel == kWidth && h.stride == kStride && h.dilation == 1 &&
             d.kernel * (kWidth + kStride) <= kMaxRows;
    runs_ = pairs_ ? (h.dst + 1) / 2 : h.dst;
    const int64_t rows = args.n * d.dst * runs_;
    // Rows are cut into parts of their channels while there are too few to share evenly.
    const int64_t wanted = (4 * omp_get_max_threads() + rows - 1) / most(rows, 1);
    vectors_ = args.c / N;
    parts_ = most(least(wanted, vectors_ / 4), 1);
    units_ = rows * parts_;
  }

  int64_t units() const { return units_; }
  int64_t bytes() const { return bytes_moved<Op>(shape_); }

  void run(int64_t begin, int64_t end) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1];
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t which = unit % parts_, run = unit / parts_ % runs_;
      const int64_t slice = unit / (parts_ * runs_), plane = slice / d.dst;
      const int64_t from = vectors_ * which / parts_ * N;
      const int64_t to = which + 1 == parts_ ? args_.c : vectors_ * (which + 1) / parts_ * N;
      const Place at{plane, slice % d.dst, pairs_ ? 2 * run : run, from, to - from};
      if (pairs_ && at.oh + 1 < h.dst && whole(at.oh) && whole(at.oh + 1)) {
        row<true>(at);
      } else {
        row<false>(at);
        if (pairs_ && at.oh + 1 < h.dst)
          row<false>({at.plane, at.od, at.oh + 1, at.from, at.channels});
      }
    }
  }

 private:
  struct Place {
    int64_t plane, od, oh;
    int64_t from, channels;
  };

  bool whole(int64_t oh) const {
    const Window& taps = args_.axis[1].windows[oh];
    return taps.end - taps.begin == kWidth && taps.count == kWidth;
  }

  // Output row at.oh; with kPair the next one too.
  template <bool kPair>
  void row(const Place& at) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    const Window taps_d = window_at(d, at.plane, at.od), taps_h = window_at(h, at.plane, at.oh);
    const auto* src = static_cast<const Element*>(args_.src) + at.plane * shape_.src_size + at.from;
    TapRows<Op> in;
    in.pixel = args_.c;
    in.width = w.src;
    const int64_t past = kPair ? taps_h.end + kStride : taps_h.end;
    for (int64_t z = taps_d.begin; z < taps_d.end; z += d.dilation)
      for (int64_t y = taps_h.begin; y < past; y += h.dilation)
        in.row[in.rows++] = src + (z * h.src + y) * w.src * in.pixel;
    Element* dst = static_cast<Element*>(args_.dst) +
                   ((at.plane * d.dst + at.od) * h.dst + at.oh) * w.dst * in.pixel + at.from;
    ColumnScales<Op> scales{op_, w, taps_d.count * taps_h.count};
    if constexpr (kWidth != 0) {
      sliding_row<Op, kWidth, kStride, kPair>(op_, w, in, at.channels, dst, scales);
    } else {
      for (int64_t o = 0; o < w.dst; ++o, dst += in.pixel) {
        const Window& taps = w.windows[o];
        if (in.rows * (taps.end - taps.begin) < kFewTaps * w.dilation)
          few_taps(op_, in, taps, w.dilation, at.channels, dst, scales.at(o));
        else
          many_taps(op_, in, taps, w.dilation, at.channels, dst, scales.row_count * taps.count);
      }
    }
  }

  const Op& op_;
  const PoolArgs& args_;
  Shape shape_;
  bool pairs_;  // of output rows, a unit of work
  int64_t runs_, vectors_, parts_, units_;
};

template <class Op, int kWidth, int kStride>
void pool(const Op& op, const PoolArgs& args) {
  const Rows<Op, kWidth, kStride> rows(op, args);
  share(rows.units(), rows.bytes(), [&](int64_t begin, int64_t end) { rows.run(begin, end); });
}

}  // namespace

const char* channels_why_not(const PoolArgs& args) {
  if (shape_of(args).unit == 1) return "it takes channels last alone, and more than one";
  if (Windowing(args.windowing) == Windowing::kFractional)
    return "it takes windows that are the same for all channels";
  if (const char* why_not = op_why_not(args)) return why_not;
  const Axis &d = args.axis[0], &h = args.axis[1];
  if (most_taps(args, d) * most_taps(args, h) > kMaxRows) return "a window has too many rows";
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
    if (sliding_why_not(args) == nullptr && w.dilation == 1) {
      if (w.kernel == 3 && w.stride == 1) return pool<Op, 3, 1>(op, args);
      if (w.kernel == 3 && w.stride == 2) return pool<Op, 3, 2>(op, args);
      if (w.kernel == 2 && w.stride == 1) return pool<Op, 2, 1>(op, args);
      if (w.kernel == 2 && w.stride == 2) return pool<Op, 2, 2>(op, args);
      if (w.kernel == 1 && w.stride == 2) return pool<Op, 1, 2>(op, args);
    }
    pool<Op, 0, 0>(op, args);
  });
}

}  // namespace poolbench::POOLBENCH_ISA
