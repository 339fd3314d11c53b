// Channels last: vectors along the channels, one or two output rows at a time.
//
// A work item is an output row (n, od, oh), or two rows whose windows overlap, or a part of their
// columns where there are few rows; a thread takes an even share of the items. It walks output
// after output, and of each all channels, so memory is read in order, in as many streams as a
// window has rows. Two outputs one below the other reduce the taps that both windows hold once: kxk
// with stride s takes (k + s) * k / 2 loads and merges an output instead of k * k. Four vectors of
// channels go side by side, so that merges need not wait for each other. Windows of many taps over
// many channels that share nothing keep their sums in L1 and take pixel after pixel (pixels.h).
// Channels that do not fill a vector are done by one that ends at the last channel. Bound by
// memory; in L2 by loads and merges.
//
// Tried: a block of channels along a whole row, with shared taps in registers. It moves fewer bytes
// from L1 and takes longer. 512x28x28 f32 3x3 s2, us (Xeon, 2 threads, 2026-11-23):
//
//                                          in L2       from memory
//   here                                   14          87
//   a block of channels along a row        28          118
//   the same, 2 or 4 outputs side by side  13 to 20    90 to 102
#include "kernels/openmp/channel_taps.h"
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/pixels.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

// kAhead: so many of a window's last columns are prefetched, those that its left neighbour does not
// hold, since hardware prefetchers do not follow the order here. Windows that lie apart are
// prefetched always: 512x28x28 2x2 s2 from memory takes 88 us without it and 78 with it (Xeon, 2
// threads, 2026-11-23). Others only where far_from_cache(), since in L2 it costs up to a tenth.
// Times as fast as without it, f32, EPYC (Zen 5), 2 threads, 2026-11-30:
//
//                                  from memory    in cache
//   256x74x74 3x3 s2 p1            1.60           1.05
//   64x112x112 3x3 s2 p1           1.47           1.06
//   256x28x28 3x3 s1 p1            1.57           1.00
//   512x28x28 3x3 s2               1.08           0.90    (not done: far_from_cache)
//   512x16x14x14 3x3x3 s1 p1       1.05           0.91    (not done)
//
// All columns' lines at once before each output's taps: 1.50 where this gives 1.67. Only for rows
// that the output row above has not read: the same from memory, and twice the code. To L2 instead
// of L1: 1.1 to 1.4.
constexpr int64_t kOverlapAheadBytes = 1024;
constexpr int64_t kCachedBytes = int64_t{1} << 20;

// Up to this size of a pixel outputs of windows with three columns and stride 1 are made two side
// by side, with a third fewer loads; with larger pixels that is too many streams. Times as fast as
// one at a time, f32, EPYC (Zen 5), 2 threads, 2026-11-30:
//
//                      in cache    from memory
//   24x40x40 max       1.18        1.04
//   42x83x83 average   1.24        0.98
//   64x56x56 average   1.14        1.05
//   64x28x28 max       0.95        1.2
//   128x28x28 max      0.94                       (not done)
//   256x28x28 max      0.90        0.85           (not done)
//   512x14x14 max      0.92                       (not done)
constexpr int64_t kSmallPixel = 256;  // bytes

// From this many taps on sums stand in L1 instead of registers. From memory, us, same machine and
// day:
//
//   512x60x60 adaptive   L1     registers
//   3x3 taps             324    275
//   5x5                  280    274
//   10x10                280    334
//   1024x28x28 7x7       124    174
constexpr int64_t kManyTaps = 40;

template <class Op, class Columns>
POOLBENCH_INLINE void many_taps(const Op& op, const RowStarts<Op>& in, Columns taps,
                                typename Op::Element* dst, int64_t count) {
  constexpr int64_t kMost = kPixelVectors * Op::N;
  for (int64_t from = 0; from < in.pixel; from += kMost) {
    const int64_t size = smaller(in.pixel - from, kMost);
    const int64_t first = size < Op::N ? in.pixel - Op::N : from;
    PixelSums<Op> sums(op, larger(size, Op::N));
    for (int64_t r = 0; r < in.end; ++r)
      sums.add(in.row[r] + taps.x * in.pixel + first, taps.count, taps.step * in.pixel);
    sums.store(dst + first, count);
  }
}

// The scales of a row's outputs, computed anew where the count changes; out of line, or the outputs
// that need none wait for its registers: averages 2x2 take up to 1.05 of the time in cache.
template <class Op>
struct ColumnScales {
  const Op& op;
  const Window* windows;  // of the W axis
  int64_t row_count;
  int64_t count = -1;
  RowScale<typename Op::Weight> last = {};

  POOLBENCH_INLINE RowScale<typename Op::Weight> at(int64_t o) {
    if (Op::kSum && windows[o].count != count) renew(windows[o].count);
    return last;
  }
  __attribute__((noinline, cold)) void renew(int64_t now) {
    count = now;
    last = op.row_scale(row_count * count, 1);
  }
};

// Whether overlapping windows are worth prefetching: they are beyond L2, half of a window's planes
// are new, and one output's new columns leave room in L1 for the next one's, or much is to be read.
template <class Op>
bool far_from_cache(const PoolArgs& args) {
  const Axis &d = args.axis[0], &w = args.axis[2];
  const int64_t step = w.stride * args.c * int64_t(sizeof(typename Op::Element));
  const int64_t cached = step <= 2 * kOverlapAheadBytes ? kCachedBytes : 8 * kCachedBytes;
  return 2 * d.stride >= d.kernel && bytes_moved<Op>(storage_of(args)) > cached;
}

// kTaps: taps of most windows on the W axis; 0: not known, or sums are nested.
template <class Op, int kTaps, int kAhead, bool kTwo>
class OutputRows {
 public:
  using Element = typename Op::Element;

  OutputRows(const Op& op, const PoolArgs& args)
      : op_(op), args_(args), storage_(storage_of(args)) {
    const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
    pairs_ = h.dst > 1 && most_taps(args, d) * 2 * most_taps(args, h) <= kMaxRows;
    for (int64_t o = 0; pairs_ && o + 1 < h.dst; ++o) pairs_ = overlap(o);
    runs_ = pairs_ ? (h.dst + 1) / 2 : h.dst;
    // Few rows are cut into parts of their columns, so that threads share them evenly.
    const int64_t rows = args.n * d.dst * runs_;
    parts_ = larger(smaller(kItemsAThread * omp_get_max_threads() / larger(rows, 1), w.dst), 1);
    items_ = rows * parts_;
    const int64_t step = w.stride * args.c;
    if (kAhead < kTaps)
      overlap_ahead_ = ceil_div(kOverlapAheadBytes / int64_t(sizeof(Element)), step) * step;
  }

  int64_t items() const { return items_; }
  int64_t bytes() const { return bytes_moved<Op>(storage_); }

  void run(int64_t begin, int64_t end) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    for (int64_t item = begin; item < end; ++item) {
      const int64_t part = item % parts_, run = item / parts_ % runs_;
      const int64_t slice = item / (parts_ * runs_), oh = pairs_ ? 2 * run : run;
      const Place at{slice / d.dst, slice % d.dst, oh, w.dst * part / parts_,
                     w.dst * (part + 1) / parts_};
      if (pairs_ && oh + 1 < h.dst)
        row<true>(at);
      else
        row<false>(at);
    }
  }

 private:
  static constexpr int64_t kItemsAThread = 4;

  struct Place {
    int64_t plane, od, oh;
    int64_t begin, end;  // columns
  };

  // Whether output rows o and o + 1 share input rows.
  bool overlap(int64_t o) const {
    const Axis& h = args_.axis[1];
    const Window* windows = args_.table[1].windows;
    const Window &upper = windows[o], &lower = windows[o + 1];
    return lower.begin < upper.end && lower.begin >= upper.begin && lower.end >= upper.end &&
           (lower.begin - upper.begin) % h.dilation == 0;
  }

  // Output row at.oh; with kPair the next one too.
  template <bool kPair>
  void row(const Place& at) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    const Window* windows_w = args_.table[2].windows;
    const Window& taps_d = args_.table[0].windows[at.od];
    const Window& upper = args_.table[1].windows[at.oh];
    const Window& lower = args_.table[1].windows[at.oh + kPair];
    const auto* src = static_cast<const Element*>(args_.src) + at.plane * storage_.src_size;
    RowStarts<Op> in;
    in.pixel = args_.c;
    const auto add = [&](int64_t begin, int64_t end) {
      for (int64_t z = taps_d.begin; z < taps_d.end; z += d.dilation)
        for (int64_t y = begin; y < end; y += h.dilation)
          in.row[in.end++] = src + (z * h.src + y) * w.src * in.pixel;
      return in.end;
    };
    in.both = in.lower = add(upper.begin, kPair ? lower.begin : upper.end);
    if (kPair) {
      in.lower = add(lower.begin, upper.end);
      add(upper.begin + tap_count(h, upper) * h.dilation, lower.end);
    }
    const int64_t dst_row = w.dst * in.pixel;
    Element* dst = static_cast<Element*>(args_.dst) +
                   (((at.plane * d.dst + at.od) * h.dst + at.oh) * w.dst + at.begin) * in.pixel;
    ColumnScales<Op> scales[2] = {{op_, windows_w, taps_d.count * upper.count},
                                  {op_, windows_w, taps_d.count * lower.count}};
    for (int64_t o = at.begin; o < at.end; ++o, dst += in.pixel) {
      const Window& taps = windows_w[o];
      const int64_t count = tap_count(w, taps);
      const int64_t ahead = elements_ahead(taps);
      const auto taps_of = [&](auto known) {
        return ColumnTaps<known, kAhead>{taps.begin, count, w.dilation, ahead};
      };
      if constexpr (kTwo) {
        const Window& next = windows_w[smaller(o + 1, at.end - 1)];
        if (o + 1 < at.end && count == kTaps && tap_count(w, next) == kTaps &&
            next.count == taps.count) {
          pool_two<Op, kPair>(op_, in, taps_of(std::integral_constant<int, kTaps>()), dst, dst_row,
                              scales[0].at(o), scales[1].at(o));
          ++o;
          dst += in.pixel;
          continue;
        }
      }
      const auto pool = [&](auto known) {
        using Scale = RowScale<typename Op::Weight>;
        pool_taps<Op, kPair>(op_, in, taps_of(known), dst, dst_row, scales[0].at(o),
                             kPair ? scales[1].at(o) : Scale());
      };
      using Any = std::integral_constant<int, 0>;
      constexpr int kBesidePadding = kTaps == 3 ? 2 : 0;
      if (!kPair && in.pixel > 4 * Op::N && in.end * count >= kManyTaps)
        many_taps(op_, in, taps_of(Any()), dst, taps_d.count * upper.count * taps.count);
      else if (kTaps != 0 && count == kTaps)
        pool(std::integral_constant<int, kTaps>());
      else if (kTaps == 3 && kAhead == 0 && count == 2)
        pool(std::integral_constant<int, kBesidePadding>());
      else
        pool(Any());
    }
  }

  // A multiple of the step between outputs where windows overlap: their last columns are new.
  int64_t elements_ahead(const Window& taps) const {
    constexpr int64_t kSize = sizeof(Element);
    if (kAhead < kTaps) return overlap_ahead_;
    return larger((taps.end - taps.begin) * args_.c, kAheadBytes / kSize);
  }

  const Op& op_;
  const PoolArgs& args_;
  Storage storage_;
  bool pairs_;  // a work item is two output rows
  int64_t runs_, parts_, items_;
  int64_t overlap_ahead_ = 0;  // elements
};

template <class Op, int kTaps, int kAhead, bool kTwo = false>
void pool(const Op& op, const PoolArgs& args) {
  const OutputRows<Op, kTaps, kAhead, kTwo> rows(op, args);
  share(args, rows.items(), rows.bytes(),
        [&](int64_t begin, int64_t end) { rows.run(begin, end); });
}

// Averages alone ask: 128x56x56 2x2 from memory takes 0.96 of the time so.
bool divides_by_powers_of_two(const PoolArgs& args) {
  if (args.divisor != 0) return args.divisor > 0 && (args.divisor & (args.divisor - 1)) == 0;
  return args.axis[0].kernel <= 2 && args.axis[1].kernel <= 2 && args.axis[2].kernel <= 2;
}

// Windows of two columns that lie apart.
template <class Op>
void pool_pairs(const Op& op, const PoolArgs& args) {
  if constexpr (Op::kSum) {
    using ByPowersOfTwo = typename Op::ByPowersOfTwo;
    if (divides_by_powers_of_two(args)) return pool<ByPowersOfTwo, 2, 2>(ByPowersOfTwo(args), args);
  }
  pool<Op, 2, 2>(op, args);
}

constexpr Takes kTakes = {
    .reductions = kExtremesAndAverages,
    .windowings = {Windowing::kSliding, Windowing::kAdaptive, Windowing::kGlobal},
    .types = kVectorTypes,
    .dilation = true};

Refusal refuses(const Shapes& shapes) {
  if (storage_of(shapes).pixel_size == 1) return {Parameter::kLayout, kChannelsLastAlone};
  if (most_taps(shapes, shapes.axis[0]) * most_taps(shapes, shapes.axis[1]) > kMaxRows)
    return {window_parameter(shapes), "takes windows of up to 64 rows"};
  int64_t lanes = 0;
  with_op<kTakes>(shapes, [&](const auto& op) { lanes = std::remove_cvref_t<decltype(op)>::N; });
  if (shapes.c < lanes) return {Parameter::kSrc, "takes channels that fill a vector"};
  return refuse_terms(shapes, nested_terms(shapes));
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const Axis& w = args.axis[2];
    const int64_t taps = most_taps(args, args.axis[0]) * most_taps(args, args.axis[1]) * w.kernel;
    const bool known = is_sliding(args) && taps <= kAllowedPlainTerms;
    const bool apart = w.stride >= w.kernel;
    if (known && w.kernel == 1) return pool<Op, 1, 0>(op, args);
    if (known && w.kernel == 2) return apart ? pool_pairs(op, args) : pool<Op, 2, 0>(op, args);
    if (known && w.kernel == 3 && !apart) {
      const bool far = far_from_cache<Op>(args);
      if (w.stride == 1 && w.dilation == 1 &&
          args.c <= kSmallPixel / int64_t(sizeof(typename Op::Element)))
        return far ? pool<Op, 3, 1, true>(op, args) : pool<Op, 3, 0, true>(op, args);
      if (!far) return pool<Op, 3, 0>(op, args);
      return w.stride == 1 ? pool<Op, 3, 1>(op, args) : pool<Op, 3, 2>(op, args);
    }
    apart ? pool<Op, 0, 1>(op, args) : pool<Op, 0, 0>(op, args);
  });
}

}  // namespace

constinit const Kernel kChannels = {.name = "channels",
                                    .summary = "channels last: vectors along the channels",
                                    .takes = kTakes,
                                    .refuses = refuses,
                                    .launch = launch,
                                    .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
