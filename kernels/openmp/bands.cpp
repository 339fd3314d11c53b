// Channels last, large windows that overlap: along W into a ring of rows, then along H out of it.
//
// A work item is a part of a plane's columns over all its rows, and if need be a block of its
// channels; a thread takes an even share of the items. It walks down: each input row becomes a row
// of the ring, whose pixels hold their windows on W, and the rows that the next outputs need are
// then merged. With strides of 1 and 2, in either direction, four neighbouring windows share the
// taps that all four hold: (k + 3s + 3) / 4 merges and (k + 3s) / 4 loads each, so that 13x13 costs
// little more than 5x5. Bound by the lines moved to and from L2, where the ring stands: six to
// eight a vector of outputs. Tried: a ring in L1, of fewer columns, which was no faster.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr int64_t kRingBytes = 1 << 20;  // without its gaps
constexpr int64_t kMostRows = 512;       // of the ring
// Vectors between its rows: rows a power of two apart would meet in a few cache sets.
constexpr int64_t kGap = 5;
constexpr int kShared = 4;  // neighbouring windows
// Cost of a shared tap here in taps of `channels`. Xeon, f32, 2 threads, 2026-11-23; us cold / hot:
//
//                          channels     bands
//   64x64x64   s1 5x5      83 / 51      109 / 52
//              s1 7x7      107 / 90     110 / 57
//              s1 9x9      149 / 136    112 / 61
//   64x128x128 s2 9x9      236 / 167    302 / 135
//              s2 13x13    493 / 384    282 / 136
constexpr double kSharedTapCost = 3.5;
constexpr int64_t kRingTaps = 4;  // cost of the ring an output, in shared taps

// Reduces kShared windows of `taps` each, kStride apart, the first from `first` on. Calls load(i)
// for i in [0, extent) alone. kInside: no tap lies outside.
template <class Op, int kStride, bool kInside, class Load>
POOLBENCH_INLINE void share_taps(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  using V = typename Op::V;
  const auto edge = [&](int64_t i) POOLBENCH_INLINE_LAMBDA {
    return kInside || (i >= 0 && i < extent) ? load(i) : Op::identity();
  };
  constexpr int kLast = (kShared - 1) * kStride;  // from the first window to the last
  const int64_t begin = first + kLast, end = first + taps;
  V all = edge(begin);
  for (int64_t i = kInside ? begin + 1 : larger(begin + 1, 0);
       i < (kInside ? end : smaller(end, extent)); ++i)
    all = Op::merge(load(i), all);
  // front[o]: the shared part and window o's taps before it (the last window has none).
  // behind[o]: window o's taps after it (the first window has none).
  V front[kShared], behind[kShared];
  front[kShared - 1] = all;
#pragma GCC unroll 4
  for (int o = 1; o < kShared; ++o) {
    V before = front[kShared - o], after;
#pragma GCC unroll 4
    for (int i = 0; i < kStride; ++i) {
      const V next = edge(end + (o - 1) * kStride + i);
      before = Op::merge(edge(begin - (o - 1) * kStride - 1 - i), before);
      after = o == 1 && i == 0 ? next : Op::merge(next, i == 0 ? behind[o - 1] : after);
    }
    front[kShared - 1 - o] = before;
    behind[o] = after;
  }
  out[0] = front[0];
#pragma GCC unroll 4
  for (int o = 1; o < kShared; ++o) out[o] = Op::merge(behind[o], front[o]);
}

template <class Op, int kCount, int kStride, class Load>
POOLBENCH_INLINE void windows_of(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  if constexpr (kCount == 1) {
    out[0] = Op::identity();
    for (int64_t i = larger(first, 0); i < smaller(first + taps, extent); ++i)
      out[0] = Op::merge(load(i), out[0]);
  } else if (first >= 0 && first + taps + (kCount - 1) * kStride <= extent) {
    share_taps<Op, kStride, true>(load, first, taps, extent, out);
  } else {
    share_taps<Op, kStride, false>(load, first, taps, extent, out);
  }
}

// Whether an axis' windows are reduced four at a time, and what an output costs, in taps.
inline bool shares(const Axis& axis) {
  return axis.stride <= 2 && axis.kernel > (kShared - 1) * axis.stride;
}
inline int64_t cost(const Axis& axis) {
  constexpr int64_t kEnds = kShared - 1;
  return shares(axis) ? (axis.kernel + kEnds * (axis.stride + 1)) / kShared : axis.kernel;
}

// Calls f(o, count, stride), both std::integral_constant, for outputs [begin, end) in groups of
// kShared, or one by one where there are fewer or they share too little. The last group overlaps
// the one before.
template <class F>
POOLBENCH_INLINE void for_groups(int64_t begin, int64_t end, const Axis& axis, const F& f) {
  const auto all = [&](auto count, auto stride) POOLBENCH_INLINE_LAMBDA {
    for (int64_t o = begin; o < end; o += count) f(smaller(o, end - count), count, stride);
  };
  using std::integral_constant;
  if (end - begin < kShared || !shares(axis))
    all(integral_constant<int, 1>(), integral_constant<int, 1>());
  else if (axis.stride == 1)
    all(integral_constant<int, kShared>(), integral_constant<int, 1>());
  else
    all(integral_constant<int, kShared>(), integral_constant<int, 2>());
}

inline int64_t rows_held(const Axis& h) {
  return h.kernel + (shares(h) ? (kShared - 1) * h.stride : 0);
}

// How a problem is cut.
struct Cut {
  int64_t channels;  // of a block
  int64_t parts;     // of the columns
  bool fits;         // a window's rows fit the ring
};

template <class Op>
Cut cut_of(const Shapes& shapes) {
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  const int64_t pixels = kRingBytes / int64_t(sizeof(typename Op::Work)) / rows_held(h);
  Cut cut{shapes.c, 1, rows_held(h) <= kMostRows};
  while (cut.channels > Op::N && pixels < smaller(2 * kShared, w.dst) * cut.channels)
    cut.channels = ceil_div(cut.channels / 2, Op::N) * Op::N;
  const int64_t columns = pixels / cut.channels;
  if (columns < smaller(kShared, w.dst)) cut.fits = false;
  if (!cut.fits) return cut;
  cut.parts = (w.dst + columns - 1) / larger(columns, 1);
  // As many items as threads share evenly.
  const int64_t blocks = ceil_div(shapes.c, cut.channels);
  const int64_t items = shapes.n * shapes.axis[0].dst * blocks, threads = omp_get_max_threads();
  while (cut.parts < w.dst / kShared && items * cut.parts < 4 * threads &&
         items * cut.parts % threads != 0)
    ++cut.parts;
  return cut;
}

template <class Op>
class Ring {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int64_t N = Op::N;

  Ring(const Op& op, const PoolArgs& args, int64_t channels)
      : op_(op),
        args_(args),
        channels_(channels),
        held_(rows_held(args.axis[1])),
        buffer_(static_cast<Work*>(
            thread_memory(kRingBytes + kGap * N * kMostRows * int64_t(sizeof(Work))))) {}

  // Output columns [begin, end) of a plane; src and dst at its first pixel and the block's first
  // channel.
  void run(const Element* src, Element* dst, int64_t begin, int64_t end, int64_t count_d) {
    const Axis &h = args_.axis[1], &w = args_.axis[2];
    begin_ = begin;
    end_ = end;
    int64_t next = 0;
    for_groups(0, h.dst, h, [&](int64_t o, auto count, auto stride) {
      const int64_t first = o * h.stride - h.pad_begin;
      const int64_t past = smaller(first + (count - 1) * h.stride + h.kernel, h.src);
      for (next = larger(next, first); next < past; ++next)
        along_w(src + next * w.src * args_.c, row(next));
      along_h<count, stride>(o, count_d, dst + o * w.dst * args_.c);
    });
  }

 private:
  Work* row(int64_t y) { return buffer_ + y % held_ * ((end_ - begin_) * channels_ + kGap * N); }

  void along_w(const Element* src, Work* to) const {
    const Axis& w = args_.axis[2];
    for_groups(begin_, end_, w, [&](int64_t o, auto count, auto stride) {
      const int64_t first = o * w.stride - w.pad_begin;
      for (int64_t from = 0; from < channels_; from += N) {
        const int64_t c = smaller(from, channels_ - N);
        const auto load = [&](int64_t x)
                              POOLBENCH_INLINE_LAMBDA { return op_.load(src + x * args_.c + c); };
        for (int64_t i = 0; i < count * stride; ++i)  // the next row: a fifth faster from memory
          __builtin_prefetch(src + (first + w.pad_begin + i + w.src) * args_.c + c);
        V out[kShared];
        windows_of<Op, count, stride>(load, first, w.kernel, w.src, out);
        for (int i = 0; i < count; ++i) store_lanes(to + (o - begin_ + i) * channels_ + c, out[i]);
      }
    });
  }

  // Output rows [at, at + kCount).
  template <int kCount, int kStride>
  void along_h(int64_t at, int64_t count_d, Element* dst) {
    const Axis &h = args_.axis[1], &w = args_.axis[2];
    const int64_t first = at * h.stride - h.pad_begin;
    const Work* rows[kMostRows];
    for (int64_t i = 0; i < (kCount - 1) * kStride + h.kernel; ++i)
      if (first + i >= 0) rows[i] = row(first + i);
    for (int64_t o = begin_; o < end_; ++o) {
      RowScale<typename Op::Weight> scale[kCount];
      for (int i = 0; i < kCount; ++i)
        scale[i] = op_.row_scale(
            count_d * args_.table[1].windows[at + i].count * args_.table[2].windows[o].count, 1);
      for (int64_t from = 0; from < channels_; from += N) {
        const int64_t c = smaller(from, channels_ - N), pixel = (o - begin_) * channels_ + c;
        const auto load = [&](int64_t y) POOLBENCH_INLINE_LAMBDA {
          return load_lanes<V>(rows[y - first] + pixel);
        };
        V out[kShared];
        windows_of<Op, kCount, kStride>(load, first, h.kernel, h.src, out);
        for (int i = 0; i < kCount; ++i)
          store_lanes(dst + (i * w.dst + o) * args_.c + c, op_.finish(out[i], scale[i], int(N)));
      }
    }
  }

  const Op& op_;
  const PoolArgs& args_;
  int64_t channels_, held_, begin_ = 0, end_ = 0;
  Work* const buffer_;  // not on the stack: with its gaps 1.2 MiB
};

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  const Storage storage = storage_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const Cut cut = cut_of<Op>(args);
  const int64_t blocks = ceil_div(args.c, cut.channels);
  const int64_t items = args.n * d.dst * blocks * cut.parts;
  share(args, items, bytes_moved<Op>(storage), [&](int64_t begin, int64_t end) {
    Ring<Op> ring(op, args, cut.channels);
    for (int64_t item = begin; item < end; ++item) {
      const int64_t part = item % cut.parts, block = item / cut.parts % blocks;
      const int64_t slice = item / (cut.parts * blocks), n = slice / d.dst, od = slice % d.dst;
      const int64_t c = smaller(block * cut.channels, args.c - cut.channels);
      const Window& taps = args.table[0].windows[od];
      ring.run(static_cast<const Element*>(args.src) + n * storage.src_size +
                   taps.begin * h.src * w.src * args.c + c,
               static_cast<Element*>(args.dst) + slice * h.dst * w.dst * args.c + c,
               w.dst * part / cut.parts, w.dst * (part + 1) / cut.parts, taps.count);
    }
  });
}

constexpr Takes kTakes = {
    .reductions = kEveryVectorReduction, .windowings = kSlidingWindows, .types = kVectorTypes};

Refusal refuses(const Shapes& shapes) {
  const Axis &d = shapes.axis[0], &h = shapes.axis[1], &w = shapes.axis[2];
  if (storage_of(shapes).pixel_size == 1) return {Parameter::kLayout, kChannelsLastAlone};
  if (d.kernel != 1) return {window_parameter(shapes), "takes 1 on D"};
  if (d.pad_begin != 0 || d.dst > d.src) return {Parameter::kPad, "takes no padding on D"};
  // Taps loaded one by one, in order, against those here.
  const auto apart = double(smaller(h.kernel + h.stride, 2 * h.kernel) * w.kernel / 2);
  const auto shared = double(smaller(h.stride, h.kernel) * cost(w) + cost(h) + kRingTaps);
  if (apart < kSharedTapCost * shared)
    return {window_parameter(shapes), "too little overlap, `channels` is faster"};
  if (const Refusal refusal = refuse_norm(shapes)) return refusal;
  if (const Refusal refusal = refuse_terms(shapes, h.kernel + w.kernel)) return refusal;
  Refusal refusal;
  with_op<kTakes>(shapes, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    if (shapes.c < Op::N)
      refusal = {Parameter::kSrc, "takes channels that fill a vector"};
    else if (!cut_of<Op>(shapes).fits)
      refusal = {window_parameter(shapes), "takes windows whose rows fit a ring of 1 MiB"};
  });
  return refusal;
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace

constinit const Kernel kBands = {
    .name = "bands",
    .summary = "channels last, large windows that overlap: along W, then along H",
    .takes = kTakes,
    .refuses = refuses,
    .launch = launch,
    .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
