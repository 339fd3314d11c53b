// Channels last, large windows that overlap: along W into a ring of rows, then along H out of it.
//
// A unit of work is a part of a plane's columns over all its rows, and if need be a block of its
// channels; a thread takes an even share of all units. It walks down: each input row becomes a row
// of the ring, whose pixels hold their windows on W; the rows that the next outputs need are then
// combined. With strides of 1 and 2, in either direction, four neighbouring windows share the taps
// that all four hold: (k + 3s + 3) / 4 combinations and (k + 3s) / 4 loads each, so that 13x13
// costs little more than 5x5. Bound by the lines moved to and from L2, where the ring stands: six
// to eight a vector of outputs. (A ring in L1, of fewer columns, was no faster.)
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

constexpr int64_t kRingBytes = 1 << 20;  // on the thread's stack
constexpr int64_t kMostRows = 512;       // of the ring
constexpr int64_t kApart = 5;  // vectors between its rows: powers of two would meet in a few sets
constexpr int kShared = 4;     // neighbouring windows
// Taps taken in `channels` for one here. f32, cold and hot us, `channels` and here: 64x64x64 s1 5x5
// 83, 51 and 109, 52; 7x7 107, 90 and 110, 57; 9x9 149, 136 and 112, 61; 64x128x128 s2 9x9 236, 167
// and 302, 135; 13x13 493, 384 and 282, 136 (Xeon, 2 threads, 2026-11-23).
constexpr double kWorth = 3.5;
constexpr int64_t kRingTaps = 4;  // what the ring costs an output

// Windows kStride apart, the first of which begins at `first`, of `taps` each. load(i) is called
// for i in [0, extent) alone, which with kInside all are.
template <class Op, int kStride, bool kInside, class Load>
POOLBENCH_INLINE void share_taps(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  using V = typename Op::V;
  const auto edge = [&](int64_t i) POOLBENCH_INLINE_LAMBDA {
    return kInside || (i >= 0 && i < extent) ? load(i) : Op::fill();
  };
  constexpr int kLast = (kShared - 1) * kStride;  // from the first window to the last
  const int64_t begin = first + kLast, end = first + taps;
  V all = edge(begin);
  for (int64_t i = kInside ? begin + 1 : most(begin + 1, 0);
       i < (kInside ? end : least(end, extent)); ++i)
    all = Op::combine(load(i), all);
  // With what windows hold in front of that too, the last nothing; and behind, the first nothing.
  V front[kShared], behind[kShared];
  front[kShared - 1] = all;
#pragma GCC unroll 4
  for (int o = 1; o < kShared; ++o) {
    V before = front[kShared - o], after;
#pragma GCC unroll 4
    for (int i = 0; i < kStride; ++i) {
      const V next = edge(end + (o - 1) * kStride + i);
      before = Op::combine(edge(begin - (o - 1) * kStride - 1 - i), before);
      after = o == 1 && i == 0 ? next : Op::combine(next, i == 0 ? behind[o - 1] : after);
    }
    front[kShared - 1 - o] = before;
    behind[o] = after;
  }
  out[0] = front[0];
#pragma GCC unroll 4
  for (int o = 1; o < kShared; ++o) out[o] = Op::combine(behind[o], front[o]);
}

template <class Op, int kCount, int kStride, class Load>
POOLBENCH_INLINE void windows_of(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  if constexpr (kCount == 1) {
    out[0] = Op::fill();
    for (int64_t i = most(first, 0); i < least(first + taps, extent); ++i)
      out[0] = Op::combine(load(i), out[0]);
  } else if (first >= 0 && first + taps + (kCount - 1) * kStride <= extent) {
    share_taps<Op, kStride, true>(load, first, taps, extent, out);
  } else {
    share_taps<Op, kStride, false>(load, first, taps, extent, out);
  }
}

// Whether an axis' windows are combined four at a time, and what an output then costs.
inline bool shares(const Axis& axis) {
  return axis.stride <= 2 && axis.kernel > (kShared - 1) * axis.stride;
}
inline int64_t cost(const Axis& axis) {
  constexpr int64_t kEnds = kShared - 1;
  return shares(axis) ? (axis.kernel + kEnds * (axis.stride + 1)) / kShared : axis.kernel;
}

// f(o, count, stride), both std::integral_constant, for outputs [begin, end) in groups of kShared,
// the last of which begins early, or one by one where there are fewer or they share too little.
template <class F>
POOLBENCH_INLINE void for_groups(int64_t begin, int64_t end, const Axis& axis, const F& f) {
  const auto all = [&](auto count, auto stride) POOLBENCH_INLINE_LAMBDA {
    for (int64_t o = begin; o < end; o += count) f(least(o, end - count), count, stride);
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

struct BandPlan {
  int64_t channels;  // of a block
  int64_t tiles;     // parts of the columns
  bool fits;
};

template <class Op>
BandPlan plan_of(const PoolArgs& args) {
  const Axis &h = args.axis[1], &w = args.axis[2];
  const int64_t pixels = kRingBytes / int64_t(sizeof(typename Op::Work)) / rows_held(h);
  BandPlan plan{args.c, 1, rows_held(h) <= kMostRows};
  while (plan.channels > Op::N && pixels < least(2 * kShared, w.dst) * plan.channels)
    plan.channels = (plan.channels / 2 + Op::N - 1) / Op::N * Op::N;
  const int64_t columns = pixels / plan.channels;
  if (columns < least(kShared, w.dst)) plan.fits = false;
  if (!plan.fits) return plan;
  plan.tiles = (w.dst + columns - 1) / most(columns, 1);
  // Units that can be shared evenly.
  const int64_t blocks = (args.c + plan.channels - 1) / plan.channels;
  const int64_t units = args.n * args.axis[0].dst * blocks, threads = omp_get_max_threads();
  while (plan.tiles < w.dst / kShared && units * plan.tiles < 4 * threads &&
         units * plan.tiles % threads != 0)
    ++plan.tiles;
  return plan;
}

template <class Op>
class Ring {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int64_t N = Op::N;

  Ring(const Op& op, const PoolArgs& args, int64_t channels)
      : op_(op), args_(args), channels_(channels), held_(rows_held(args.axis[1])) {}

  // Output columns [begin, end) of a plane; src and dst at its first pixel and the block's first
  // channel.
  void run(const Element* src, Element* dst, int64_t begin, int64_t end, int64_t count_d) {
    const Axis &h = args_.axis[1], &w = args_.axis[2];
    begin_ = begin;
    end_ = end;
    int64_t next = 0;
    for_groups(0, h.dst, h, [&](int64_t o, auto count, auto stride) {
      const int64_t first = o * h.stride - h.pad_begin;
      const int64_t past = least(first + (count - 1) * h.stride + h.kernel, h.src);
      for (next = most(next, first); next < past; ++next)
        along_w(src + next * w.src * args_.c, row(next));
      along_h<count, stride>(o, count_d, dst + o * w.dst * args_.c);
    });
  }

 private:
  Work* row(int64_t y) { return buffer_ + y % held_ * ((end_ - begin_) * channels_ + kApart * N); }

  void along_w(const Element* src, Work* to) const {
    const Axis& w = args_.axis[2];
    for_groups(begin_, end_, w, [&](int64_t o, auto count, auto stride) {
      const int64_t first = o * w.stride - w.pad_begin;
      for (int64_t from = 0; from < channels_; from += N) {
        const int64_t c = least(from, channels_ - N);
        const auto load = [&](int64_t x)
                              POOLBENCH_INLINE_LAMBDA { return op_.load(src + x * args_.c + c); };
        for (int64_t i = 0; i < count * stride; ++i)  // the row after this one: a fifth less, cold
          __builtin_prefetch(src + (first + w.pad_begin + i + w.src) * args_.c + c);
        V out[kShared];
        windows_of<Op, count, stride>(load, first, w.kernel, w.src, out);
        for (int i = 0; i < count; ++i) store_lanes(to + (o - begin_ + i) * channels_ + c, out[i]);
      }
    });
  }

  // Outputs of kCount rows from `at` on.
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
        const int64_t c = least(from, channels_ - N), pixel = (o - begin_) * channels_ + c;
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
  alignas(64) Work buffer_[kRingBytes / sizeof(Work) + kApart * N * kMostRows];
};

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  const Shape shape = shape_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const BandPlan plan = plan_of<Op>(args);
  const int64_t blocks = (args.c + plan.channels - 1) / plan.channels;
  const int64_t units = args.n * d.dst * blocks * plan.tiles;
  share(units, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    Ring<Op> ring(op, args, plan.channels);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t tile = unit % plan.tiles, block = unit / plan.tiles % blocks;
      const int64_t slice = unit / (plan.tiles * blocks), n = slice / d.dst, od = slice % d.dst;
      const int64_t c = least(block * plan.channels, args.c - plan.channels);
      const Window& taps = args.table[0].windows[od];
      ring.run(static_cast<const Element*>(args.src) + n * shape.src_size +
                   taps.begin * h.src * w.src * args.c + c,
               static_cast<Element*>(args.dst) + slice * h.dst * w.dst * args.c + c,
               w.dst * tile / plan.tiles, w.dst * (tile + 1) / plan.tiles, taps.count);
    }
  });
}

}  // namespace

const char* bands_why_not(const PoolArgs& args) {
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  if (shape_of(args).unit == 1) return "it takes channels last alone, and more than one";
  if (const char* why_not = sliding_why_not(args)) return why_not;
  if (d.kernel != 1 || d.pad_begin != 0 || d.dst > d.src)
    return "it takes windows of one on the D axis";
  if (h.dilation != 1 || w.dilation != 1) return "it takes no dilation on H and W";
  // Taps loaded one by one, in order, against those here.
  if (least(h.kernel + h.stride, 2 * h.kernel) * w.kernel / 2 <
      kWorth * double(least(h.stride, h.kernel) * cost(w) + cost(h) + kRingTaps))
    return "so few shared taps a window are cheaper as they are";
  if (const char* why_not = op_why_not(args, true)) return why_not;
  const char* why_not = terms_why_not(args, h.kernel + w.kernel);
  with_op<true>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    if (args.c < Op::N)
      why_not = "its vectors need more channels";
    else if (!plan_of<Op>(args).fits)
      why_not = "a window's rows do not fit its buffer";
  });
  return why_not;
}

void bands_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace poolbench::POOLBENCH_ISA
