// Channels first, windows that begin three or more columns apart, or anywhere: a vector's lanes of
// windows at a time, merged across lanes by halves.
//
// A thread takes an even share of the output rows (plane, od, oh), as many at a time as stay in L1:
//   1. rows   merges each output row's input rows while it loads them, into a buffer
//   2. folds  takes N windows in the order of the outputs, across the ends of rows: a vector a
//             window (or two, or four narrow ones), the identity in the lanes beside it; and merges
//             adjacent lanes until a lane is a window
// So an output costs a load, two shuffles and a merge at most, wherever its window begins and
// however wide it is, up to a vector; padding is lanes beside a window as any other. Bound by loads
// where windows are large, by the shuffles where they are small.
//
// Averages f32, us, `tile` and here. Xeon, AVX-512, 2 threads, 2026-11-23:
//
//                     in L2          from memory
//                     tile   here    tile   here
//   64x60x60 to  7    23.2   12.9    59.8   36.5     windows of 9 and 10
//   64x60x60 to 13    34.5   14.4    76.3   43.8     of 5 and 6
//   64x60x60 to 31     136   27.6     164   62.3     of 2 and 3
//   64x60x60 to  2     9.4    8.6    35.9   34.8     of 30
//   512x14x14 to 4    46.0   13.8    62.1   26.9     of 4
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/lanes.h"
#include "kernels/openmp/tap_rows.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr int64_t kRowBytes = 16 << 10;     // of merged rows at a time
constexpr int64_t kBufferBytes = 48 << 10;  // those, and the rows behind them that lanes may read
constexpr int64_t kMaskBytes = 16 << 10;
constexpr int64_t kMaxOutputs = 512;  // on the W axis

// Rows behind the last one that a vector of outputs may reach into.
template <class Op>
constexpr int64_t rows_behind(const Axis& w) {
  return Op::N / w.dst + 1;
}
// Vectors that hold a window.
template <class Op>
int64_t chunks_of(int64_t widest) {
  return larger(ceil_div(widest, Op::N), 1);
}

template <class Op>
class Folder {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using Weight = typename Op::Weight;
  using V = typename Op::V;
  using Mask = Lane<Ints<V>>;
  static constexpr int N = Op::N;

  Folder(const Op& op, const PoolArgs& args, const Storage& storage)
      : op_(op),
        args_(args),
        storage_(storage),
        taps_(op, args, storage),
        width_(args.axis[2].src) {
    const Axis& w = args.axis[2];
    same_for_all_ = args.table[2].plane_stride == 0;
    int64_t widest = w.kernel;  // of fractional windows
    if (same_for_all_) {
      widest = 1;
      for (int64_t o = 0; o < w.dst; ++o)
        widest = larger(widest, args.table[2].windows[o].end - args.table[2].windows[o].begin);
    }
    chunks_ = chunks_of<Op>(widest);
    parts_ = 1;
    while (parts_ < kMostParts && widest <= N / (2 * parts_)) parts_ *= 2;
    rows_ = smaller(kRowBytes / int64_t(sizeof(Work)) / width_, kWeights / w.dst);
    rows_ = larger(rows_, 1);
    if (!same_for_all_) return;
    tabulate(0);
    if constexpr (Op::kSum)
      if (op.counts_columns()) tabulate_divisors();
  }

  // Output rows [begin, end), numbered over all planes.
  void run(int64_t begin, int64_t end) {
    const int64_t rows_a_plane = args_.axis[0].dst * args_.axis[1].dst;
    while (begin < end) {
      int64_t rows = smaller(rows_, end - begin);
      if (!same_for_all_) {
        rows = smaller(rows, rows_a_plane - begin % rows_a_plane);
        tabulate(begin / rows_a_plane);
      }
      merge_rows(begin, rows);
      if constexpr (kMostParts >= 4)
        if (parts_ == 4) reduce_rows<4>(begin, rows);
      if constexpr (kMostParts >= 2)
        if (parts_ == 2) reduce_rows<2>(begin, rows);
      if (parts_ == 1) reduce_rows<1>(begin, rows);
      begin += rows;
    }
  }

 private:
  // Most windows side by side in a vector: each has at least two lanes and 8 bytes.
  static constexpr int kMostParts = N >= 8 && sizeof(V) >= 32   ? 4
                                    : N >= 4 && sizeof(V) >= 16 ? 2
                                                                : 1;
  static constexpr int64_t kWeights = Op::kSum ? 4096 : 1 << 20;
  static constexpr int64_t kStepsBehind = kLanes<Weight>;  // a step may store beyond its table
  static constexpr int64_t kManyPlanes = 16;

  // Notes where the windows of a row begin and which lanes they fill, then the first N of the rows
  // that follow.
  void tabulate(int64_t plane) {
    const Axis& w = args_.axis[2];
    const int64_t lanes = N / parts_;
    Ints<V> number{};
    for (int i = 0; i < N; ++i) number[i] = Mask(i);
    int64_t row = 0;
    for (int64_t i = 0, o = 0; i < w.dst + N; ++i, ++o) {
      if (o == w.dst) {
        o = 0;
        row += width_;
      }
      const Window taps = table_window(args_.table[2], plane, o);
      begin_[i] = int32_t(row + taps.begin);
      Mask* mask = mask_ + i * chunks_ * lanes;
      for (int64_t x = 0; x < chunks_ * lanes;
           x += N) {  // the next window overwrites what is too much
        const int64_t inside = smaller(larger(taps.end - taps.begin - x, 0), N);
        store_lanes(mask + x, bits<Ints<V>>(number < broadcast<Ints<V>>(Mask(inside))));
      }
    }
    for (int64_t o = 0; o < w.dst; ++o)
      column_weight_[o] = Op::column_weight(table_window(args_.table[2], plane, o).count);
  }

  // Notes what the outputs of a plane, and two vectors that follow, are divided by, if they are few
  // and the planes many: else a division each costs less.
  void tabulate_divisors() {
    constexpr int kStep = kLanes<Weight>;
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    const int64_t outputs = d.dst * h.dst * w.dst;
    if (outputs + 2 * N > kWeights / 2 ||
        storage_.planes * outputs < kManyPlanes * (outputs + 2 * N))
      return;
    plane_outputs_ = outputs;
    Weight* to = weight_;
    for (int64_t od = 0; od < d.dst; ++od)
      for (int64_t oh = 0; oh < h.dst; ++oh) {
        const int64_t row_count =
            table_window(args_.table[0], 0, od).count * table_window(args_.table[1], 0, oh).count;
        for (int64_t o = 0; o < w.dst; ++o) *to++ = column_weight_[o] * Weight(row_count);
      }
    for (int64_t i = outputs; i < outputs + 2 * N; ++i) weight_[i] = weight_[i - outputs];
    for (int64_t i = 0; i < outputs + 2 * N; i += kStep)
      store_divisors(load_lanes<Vec<Weight, kStep>>(weight_ + i), weight_ + i, rest() + i);
  }
  Weight* rest() { return weight_ + kWeights / 2 + kStepsBehind; }
  const Weight* rest() const { return weight_ + kWeights / 2 + kStepsBehind; }

  void merge_rows(int64_t begin, int64_t rows) {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    RowCounter at(args_, begin);
    Work* to = buffer_;
    int64_t count = -1;
    [[maybe_unused]] Weight by = 0;
    for (int64_t row = 0; row < rows; ++row, at.next(args_), to += width_) {
      const Window taps_d = table_window(args_.table[0], at.plane, at.od),
                   taps_h = table_window(args_.table[1], at.plane, at.oh);
      const Element* first = static_cast<const Element*>(args_.src) + at.plane * storage_.src_size +
                             (taps_d.begin * h.src + taps_h.begin) * width_;
      const int depth = int(tap_count(d, taps_d)), height = int(tap_count(h, taps_h));
      if (depth > 0 && height > 0)
        taps_.merge_rows(first, depth, height, width_, to);
      else
        fill_run<Op>(to, width_);
      if constexpr (Op::kSum) {
        if (!op_.counts_columns() || plane_outputs_ != 0) continue;
        using W = Vec<Weight, N>;
        if (taps_d.count * taps_h.count != count) {
          count = taps_d.count * taps_h.count;
          by = op_.row_scale(count, 1).row;
        }
        for (int64_t o = 0; o < w.dst; o += N)
          store_lanes(weight_ + row * w.dst + o, load_lanes<W>(column_weight_ + o) * by);
      }
    }
  }

  // Turns `rows` rows of the buffer into outputs, one after another, from output row `begin` on.
  template <int kParts>
  void reduce_rows(int64_t begin, int64_t rows) const {
    const int64_t width = args_.axis[2].dst, outputs = rows * width;
    Element* dst = static_cast<Element*>(args_.dst) + begin * width;
    const int64_t step_rows = N / width, step = N % width;
    const int64_t plane = plane_outputs_ != 0 ? plane_outputs_ : outputs + N;
    int64_t in_plane = plane_outputs_ != 0 ? begin * width % plane : 0;
    const int64_t step_in_plane = N % plane;
    const auto scale = op_.row_scale(1, 1);  // where no columns count
    const Work* row = buffer_;
    for (int64_t i = 0, o = 0; i < outputs; i += N) {
      const V v = windows<kParts>(row, o);
      const int lanes = int(smaller(outputs - i, N));
      prefetch_store(dst + i);
      const auto result = finish(v, in_plane, lanes, scale);
      if (lanes == N)
        store_lanes(dst + i, result);
      else
        store_some(dst + i, result, lanes);
      row += step_rows * width_;
      if ((o += step) >= width) {
        o -= width;
        row += width_;
      }
      if ((in_plane += step_in_plane) >= plane) in_plane -= plane;
    }
  }
  // `i`: the first lane's output, in the plane where divisors are tabulated, else in the buffer.
  POOLBENCH_INLINE typename Op::E finish(V v, int64_t i, int lanes, RowScale<Weight> scale) const {
    if constexpr (Op::kSum) {
      if (plane_outputs_ != 0) return op_.finish(v, weight_ + i, rest() + i, lanes);
      if (op_.counts_columns()) return op_.finish(v, weight_ + i, RowScale<Weight>{}, lanes);
    }
    return op_.finish(v, scale, lanes);
  }

  // Reduces the windows of N outputs, from number `o` of `row` on.
  template <int kParts>
  POOLBENCH_INLINE V windows(const Work* row, int64_t o) const {
    constexpr int kLanes = N / kParts;
    using Piece = Vec<Work, kLanes>;
    const int32_t* begin = begin_ + o;
    const auto piece = [&](int i) { return load_lanes<Piece>(row + begin[i]); };
    return reduce_lane_groups<Op, kLanes>([&](int i) POOLBENCH_INLINE_LAMBDA {
      if constexpr (kParts == 4) {
        return only(
            join(join(piece(4 * i), piece(4 * i + 1)), join(piece(4 * i + 2), piece(4 * i + 3))),
            mask_ + o * kLanes + i * N);
      } else if constexpr (kParts == 2) {
        return only(join(piece(2 * i), piece(2 * i + 1)), mask_ + o * kLanes + i * N);
      } else {
        const Mask* mask = mask_ + (o + i) * chunks_ * N;
        V v = only(piece(i), mask);
        for (int64_t x = N; x < chunks_ * N; x += N)
          v = Op::merge(only(load_lanes<V>(row + begin[i] + x), mask + x), v);
        return v;
      }
    });
  }
  // v in the lanes of the mask, the identity in the others.
  static POOLBENCH_INLINE V only(V v, const Mask* mask) {
    using I = Ints<V>;
    const I m = load_lanes<I>(mask);
    return bits<V>((bits<I>(v) & m) | (bits<I>(Op::identity()) & ~m));
  }

  const Op& op_;
  const PoolArgs& args_;
  const Storage& storage_;
  const TapRows<Op> taps_;
  const int64_t width_;        // columns of a row
  bool same_for_all_;          // planes
  int64_t parts_;              // windows side by side in a vector
  int64_t chunks_;             // vectors that the widest window takes
  int64_t rows_;               // at a time
  int64_t plane_outputs_ = 0;  // whose divisors are tabulated; 0: weights are made row by row
  int32_t begin_[kMaxOutputs + N];
  Weight column_weight_[kMaxOutputs + N];
  alignas(64) Mask mask_[kMaskBytes / sizeof(Mask) + N];
  alignas(64) Work buffer_[kBufferBytes / sizeof(Work)];
  // Weights of the rows in the buffer; or the inverses of a plane's outputs and, from rest() on,
  // what is left of them (RowScale).
  alignas(64) Weight weight_[Op::kSum ? kWeights + kMaxOutputs + 2 * N : 1];
};

template <class Op>
bool fits(const Shapes& shapes) {
  const Axis& w = shapes.axis[2];
  if (w.dst == 0 || w.dst > kMaxOutputs) return false;
  const int64_t masks = (w.dst + Op::N) * chunks_of<Op>(most_taps(shapes, w)) * kVectorBytes;
  // Read past the rows: those behind, and a window's whole vectors.
  const int64_t rows = larger(kRowBytes / int64_t(sizeof(typename Op::Work)), w.src);
  const int64_t behind =
      rows_behind<Op>(w) * w.src + chunks_of<Op>(most_taps(shapes, w)) * Op::N + Op::N;
  return masks <= kMaskBytes &&
         (rows + behind) * int64_t(sizeof(typename Op::Work)) <= kBufferBytes;
}

// Whether windows overlap little. Those that begin one or two columns apart, and rows likewise, are
// faster in `tile`, which reduces what they share once.
bool far_apart(const Shapes& shapes) {
  if (!is_sliding(shapes)) return true;
  const Axis &h = shapes.axis[1], &w = shapes.axis[2];
  return (w.stride >= 3 || w.dst == 1) && (h.kernel <= 2 * h.stride || h.kernel < 4);
}

constexpr Takes kTakes = {.reductions = kEveryVectorReduction,
                          .windowings = kEveryWindowing,
                          .types = kVectorTypes,
                          .dilation = true};

Refusal refuses(const Shapes& shapes) {
  const Axis& w = shapes.axis[2];
  if (storage_of(shapes).pixel_size != 1) return {Parameter::kLayout, kChannelsFirstAlone};
  if (w.dilation != 1) return {Parameter::kDilation, "takes no dilation on W"};
  if (!far_apart(shapes))
    return {window_parameter(shapes), "overlapping windows run faster in `tile`"};
  if (const Refusal refusal = refuse_norm(shapes)) return refusal;
  constexpr int64_t kAcross = 6;  // additions across lanes; and those of a window's chunks
  const int64_t chunks = most_taps(shapes, w) * dtype_bytes(DType::kF64) / kVectorBytes;
  const int64_t terms = tap_rows_terms(shapes) + chunks + kAcross;
  if (const Refusal refusal = refuse_terms(shapes, terms)) return refusal;
  bool fit = true;
  with_op<kTakes>(shapes,
                  [&](const auto& op) { fit = fits<std::remove_cvref_t<decltype(op)>>(shapes); });
  if (!fit) return {Parameter::kSrc, "takes rows whose tables fit L1"};
  return {};
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    const Storage storage = storage_of(args);
    const int64_t rows = storage.planes * args.axis[0].dst * args.axis[1].dst;
    share(args, rows, bytes_moved<Op>(storage), [&](int64_t begin, int64_t end) {
      Folder<Op> folder(op, args, storage);
      folder.run(begin, end);
    });
  });
}

}  // namespace

constinit const Kernel kFolds = {
    .name = "folds",
    .summary = "channels first, windows apart or uneven: N at a time merged by halves",
    .takes = kTakes,
    .refuses = refuses,
    .launch = launch,
    .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
