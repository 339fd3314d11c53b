// Channels last, large windows that overlap: along W into a buffer, then along H out of it.
//
// A unit of work is a band of output rows of a plane and a block of its channels; a thread takes an
// even share of all units. Each input row under the band becomes a row of the buffer, whose pixels
// hold their windows on W; the buffer's rows are combined to outputs. With a stride of 1, in either
// direction, four neighbouring windows share the taps that all four hold: (k + 6) / 4 combinations
// and (k + 3) / 4 loads each, so that 13x13 takes less than twice the time of 5x5. Bound by loads
// and combinations in L2.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

constexpr int64_t kBandBytes = 512 << 10;  // the buffer, on the thread's stack
constexpr int64_t kBufferTaps = 4;         // what the buffer costs an output, in loads of a tap
constexpr int kShared = 4;                 // neighbouring windows
// Without the buffer a tap costs a third: 64x64x64 f32 4x4 s1 takes 89 us here and 86 in
// `channels`, 5x5 81 and 174; 64x128x128 7x7 s2 331 and 351, 31x31 s2 521 and 5010 (Xeon, 2
// threads, 2026-11-23).
constexpr int64_t kWorth = 3;

// Windows at `first`, first + 1, ... of `taps` each, of which those in [0, extent) exist. load(i)
// is called for such alone.
template <class Op, class Load>
POOLBENCH_INLINE void share_taps(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  using V = typename Op::V;
  const auto edge = [&](int64_t i) { return i >= 0 && i < extent ? load(i) : Op::fill(); };
  const int64_t past = least(first + taps, extent);
  V all = Op::fill();
  for (int64_t i = most(first + kShared - 1, 0); i < past; ++i) all = Op::combine(load(i), all);
  const V a2 = edge(first + 2), a1 = Op::combine(edge(first + 1), a2);
  const V b0 = edge(first + taps), b1 = Op::combine(edge(first + taps + 1), b0);
  out[0] = Op::combine(Op::combine(edge(first), a1), all);
  out[1] = Op::combine(Op::combine(a1, b0), all);
  out[2] = Op::combine(Op::combine(a2, b1), all);
  out[3] = Op::combine(Op::combine(edge(first + taps + 2), b1), all);
}
template <class Op, class Load>
POOLBENCH_INLINE typename Op::V one_window(const Load& load, int64_t first, int64_t taps,
                                           int64_t extent) {
  typename Op::V all = Op::fill();
  for (int64_t i = most(first, 0); i < least(first + taps, extent); ++i)
    all = Op::combine(load(i), all);
  return all;
}

// Whether an axis' windows are combined four at a time.
inline bool shares(const Axis& axis) { return axis.stride == 1 && axis.kernel + 1 >= kShared; }

// f(o, std::integral_constant count) for outputs [0, count) in groups of kShared, the last of which
// begins early, or one by one where there are fewer or they share too little.
template <class F>
POOLBENCH_INLINE void for_groups(int64_t outputs, const Axis& axis, const F& f) {
  if (outputs < kShared || !shares(axis))
    for (int64_t o = 0; o < outputs; ++o) f(o, std::integral_constant<int, 1>());
  else
    for (int64_t o = 0; o < outputs; o += kShared)
      f(least(o, outputs - kShared), std::integral_constant<int, kShared>());
}
template <class Op, int kCount, class Load>
POOLBENCH_INLINE void windows_of(const Load& load, int64_t first, int64_t taps, int64_t extent,
                                 typename Op::V* out) {
  if constexpr (kCount == 1)
    out[0] = one_window<Op>(load, first, taps, extent);
  else
    share_taps<Op>(load, first, taps, extent, out);
}

struct BandPlan {
  int64_t rows;      // output rows of a band
  int64_t channels;  // of a block
  bool fits;
};

template <class Op>
BandPlan plan_of(const PoolArgs& args) {
  const Axis &h = args.axis[1], &w = args.axis[2];
  constexpr int64_t kMost = kBandBytes / int64_t(sizeof(typename Op::Work));
  constexpr int64_t N = Op::N;
  BandPlan plan{h.dst, args.c, true};
  const auto halve = [&] { plan.channels = (plan.channels / 2 + N - 1) / N * N; };
  while (plan.channels > N && h.src * w.dst * plan.channels > kMost) halve();
  const int64_t planes = args.n * args.axis[0].dst, threads = omp_get_max_threads();
  while (plan.channels > 4 * N && planes * (args.c / plan.channels) < 2 * threads) halve();
  if (h.src * w.dst * plan.channels > kMost) {
    plan.rows = (kMost / most(w.dst * plan.channels, 1) - h.kernel) / h.stride + 1;
    plan.fits = plan.rows >= kShared && plan.rows * h.stride >= h.kernel;
  }
  return plan;
}

template <class Op>
class Band {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int64_t N = Op::N;

  Band(const Op& op, const PoolArgs& args, int64_t channels)
      : op_(op), args_(args), channels_(channels) {}

  // Output rows [begin, end) of a plane; src and dst at its first pixel and the block's first
  // channel.
  void run(const Element* src, Element* dst, int64_t begin, int64_t end, int64_t count_d) {
    const Axis &h = args_.axis[1], &w = args_.axis[2];
    const int64_t first = most(begin * h.stride - h.pad_begin, 0);
    const int64_t past = least((end - 1) * h.stride - h.pad_begin + h.kernel, h.src);
    for (int64_t y = first; y < past; ++y)
      along_w(src + y * w.src * args_.c, buffer_ + (y - first) * w.dst * channels_);
    for_groups(end - begin, h, [&](int64_t o, auto count) {
      along_h<count>(begin + o, (begin + o) * h.stride - h.pad_begin - first, past - first, count_d,
                     dst + (begin + o) * w.dst * args_.c);
    });
  }

 private:
  void along_w(const Element* row, Work* to) const {
    const Axis& w = args_.axis[2];
    for_groups(w.dst, w, [&](int64_t o, auto count) {
      const int64_t first = o * w.stride - w.pad_begin;
      for (int64_t from = 0; from < channels_; from += N) {
        const int64_t c = least(from, channels_ - N);
        for (int64_t i = 0; i < count * w.stride; ++i)  // what the windows after the next need
          __builtin_prefetch(row + (first + w.kernel + (2 * count - 1) * w.stride + i) * args_.c +
                             c);
        V out[kShared];
        windows_of<Op, count>([&](int64_t x) { return op_.load(row + x * args_.c + c); }, first,
                              w.kernel, w.src, out);
        for (int i = 0; i < count; ++i) store_lanes(to + (o + i) * channels_ + c, out[i]);
      }
    });
  }

  // Outputs of kCount rows from `row` on, whose first window begins at row `first` of the buffer's
  // `rows`.
  template <int kCount>
  void along_h(int64_t row, int64_t first, int64_t rows, int64_t count_d, Element* dst) const {
    const Axis &h = args_.axis[1], &w = args_.axis[2];
    for (int64_t o = 0; o < w.dst; ++o) {
      RowScale<typename Op::Weight> scale[kCount];
      for (int i = 0; i < kCount; ++i)
        scale[i] = op_.row_scale(count_d * h.windows[row + i].count * w.windows[o].count, 1);
      for (int64_t from = 0; from < channels_; from += N) {
        const int64_t c = least(from, channels_ - N);
        const Work* pixel = buffer_ + o * channels_ + c;
        V out[kShared];
        windows_of<Op, kCount>(
            [&](int64_t y) { return load_lanes<V>(pixel + y * w.dst * channels_); }, first,
            h.kernel, rows, out);
        for (int i = 0; i < kCount; ++i)
          store_lanes(dst + (i * w.dst + o) * args_.c + c, op_.finish(out[i], scale[i], int(N)));
      }
    }
  }

  const Op& op_;
  const PoolArgs& args_;
  int64_t channels_;
  alignas(64) Work buffer_[kBandBytes / sizeof(Work)];
};

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  using Element = typename Op::Element;
  const Shape shape = shape_of(args);
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const BandPlan plan = plan_of<Op>(args);
  const int64_t bands = (h.dst + plan.rows - 1) / plan.rows;
  const int64_t blocks = (args.c + plan.channels - 1) / plan.channels;
  share(args.n * d.dst * bands * blocks, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    Band<Op> band(op, args, plan.channels);
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t c = least(unit % blocks * plan.channels, args.c - plan.channels);
      const int64_t row = unit / blocks % bands * plan.rows, slice = unit / (blocks * bands);
      const int64_t n = slice / d.dst, od = slice % d.dst;
      const Window& taps = d.windows[od];
      band.run(static_cast<const Element*>(args.src) + n * shape.src_size +
                   taps.begin * h.src * w.src * args.c + c,
               static_cast<Element*>(args.dst) + slice * h.dst * w.dst * args.c + c, row,
               least(row + plan.rows, h.dst), taps.count);
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
  const auto along = [](const Axis& axis) {
    return shares(axis) ? (axis.kernel + 6) / kShared : axis.kernel;
  };
  if (h.kernel * w.kernel <
      kWorth * (least(h.stride, h.kernel) * along(w) + along(h) + kBufferTaps))
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
