// Any window, axis by axis: a tile of work lanes in cache, the H (and D) axis first, then W.
//
// A tile is a run of output rows with the pixels that their windows cover: of one or more slices
// (plane, od) where those are small, a part of the columns or channels of one where they are large.
// A thread takes an even share of the tiles. In a tile
//   1. rows   merges each output row's input rows while it loads them. Tall windows that overlap
//             are doubled instead (as in 3.), over all input rows of the tile
//   2. pads   fills columns outside the input with the identity
//   3. width  doubles windows to 2, 4, 8 ... pixels in place, over the whole tile as one run. So
//             the cost hardly depends on the window, and not at all on the length of a row
//   4. picks  picks the outputs out where they are not at every pixel; a window longer than the
//             shortest takes its last pixels one by one
// A pixel is one element with channels first, TileCut::pixel_size with channels last. Bound by
// loads and stores in L1.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/tap_rows.h"
#include "kernels/openmp/tile_cut.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

// to[i] = from[i] and other[i] merged, for `count` elements and up to a vector more. Works in
// place: it reads ahead of what it writes.
template <class Op>
POOLBENCH_INLINE void merge_run(typename Op::Work* to, const typename Op::Work* from,
                                const typename Op::Work* other, int64_t count) {
  using V = typename Op::V;
  int64_t i = 0;
  for (; i + 2 * Op::N <= count; i += 2 * Op::N) {
    const V a = Op::merge(load_lanes<V>(other + i), load_lanes<V>(from + i));
    const V b = Op::merge(load_lanes<V>(other + i + Op::N), load_lanes<V>(from + i + Op::N));
    store_lanes(to + i, a);
    store_lanes(to + i + Op::N, b);
  }
  for (; i < count; i += Op::N)
    store_lanes(to + i, Op::merge(load_lanes<V>(other + i), load_lanes<V>(from + i)));
}

// Additions in a row that reduce_windows takes.
inline int64_t doubled_terms(int64_t taps) {
  return 63 - __builtin_clzll(uint64_t(taps)) + __builtin_popcountll(uint64_t(taps)) - 1;
}

// Reduces windows of `taps` > 1 elements, `step` apart, from `from` (kept) into `to`: element i
// gets the taps from i on, for i below count - (taps - 1) * step.
template <class Op>
void reduce_windows(typename Op::Work* to, const typename Op::Work* from, int64_t taps,
                    int64_t step, int64_t count) {
  merge_run<Op>(to, from, from + step, count - step);
  int64_t have = 2;
  if constexpr (!Op::kSum) {  // a tap met twice changes nothing
    while (have < taps) {
      const int64_t more = smaller(have, taps - have);
      merge_run<Op>(to, to, to + more * step, count - (have + more - 1) * step);
      have += more;
    }
  } else {  // by the binary digits of taps, from the second highest on
    int digit = 62 - __builtin_clzll(uint64_t(taps));
    if (taps & (int64_t{1} << digit)) {
      merge_run<Op>(to, to, from + 2 * step, count - 2 * step);
      have = 3;
    }
    while (--digit >= 0) {
      merge_run<Op>(to, to, to + have * step, count - (2 * have - 1) * step);
      have *= 2;
      if (taps & (int64_t{1} << digit)) {
        merge_run<Op>(to, to, from + have * step, count - have * step);
        ++have;
      }
    }
  }
}

struct Range {
  int64_t begin, end;
};

// Pixels that outputs [begin, end) of axis i cover, from the first window's begin to the last one's
// end; sliding windows with their padding.
POOLBENCH_INLINE Range covered(const PoolArgs& args, int i, int64_t plane, int64_t begin,
                               int64_t end) {
  const Axis& axis = args.axis[i];
  if (is_sliding(args)) {
    const int64_t first = begin * axis.stride - axis.pad_begin;
    return {first, first + sliding_span(axis, end - begin)};
  }
  const Table& table = args.table[i];
  return {table_window(table, plane, begin).begin, table_window(table, plane, end - 1).end};
}

template <class Op>
class Tile {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int N = Op::N;

  Tile(const Op& op, const PoolArgs& args, const Storage& storage, const TileCut& cut,
       const ColumnWeights<Op>& weights)
      : op_(op),
        args_(args),
        storage_(storage),
        cut_(cut),
        weights_(weights),
        taps_(op, args, storage) {}

  // Slices [slice, slice + slices), output rows and columns as given, channels from `channel` on.
  void run(int64_t slice, int64_t slices, Range rows, Range columns, int64_t channel) {
    const Axis& w = args_.axis[2];
    // Windows differ from plane to plane only where a tile has one slice.
    x_ = covered(args_, 2, slice / args_.axis[0].dst, columns.begin, columns.end);
    real_ = {larger(x_.begin, 0), smaller(x_.end, w.src)};
    if (real_.end < real_.begin) real_.end = real_.begin;
    pitch_ = (x_.end - x_.begin) * cut_.pixel_size;
    channel_ = channel;
    const int64_t height = rows.end - rows.begin;
    for (int64_t s = 0; s < slices; ++s)
      if (cut_.doubled)
        double_rows(slice + s, rows, a_ + s * height * pitch_);
      else
        load_rows(slice + s, rows, a_ + s * height * pitch_);
    const int64_t count = slices * height * pitch_;
    Work* result = a_;
    if (cut_.shortest > 1) {
      result = b_;
      reduce_windows<Op>(b_, a_, cut_.shortest, w.dilation * cut_.pixel_size, count);
    }
    finish(slice, slices, rows, columns, result);
  }

 private:
  const Element* source(int64_t slice, int64_t d, int64_t h, int64_t x) const {
    return static_cast<const Element*>(args_.src) + slice / args_.axis[0].dst * storage_.src_size +
           ((d * args_.axis[1].src + h) * args_.axis[2].src + x) * storage_.pixel_size + channel_;
  }

  // Merges the real columns of `depth` by `height` rows from `first` on into `to`.
  void load_row(const Element* first, int depth, int height, Work* to) const {
    const int64_t pixels = real_.end - real_.begin;
    if (!cut_.channel_blocks)
      return taps_.merge_rows(first, depth, height, pixels * cut_.pixel_size, to);
    for (int64_t x = 0; x < pixels; ++x)
      taps_.merge_rows(first + x * storage_.pixel_size, depth, height, cut_.pixel_size,
                       to + x * cut_.pixel_size);
  }
  // Steps 1 and 2, tap by tap.
  void load_rows(int64_t slice, Range rows, Work* to) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1];
    const int64_t plane = slice / d.dst;
    const Window taps_d = table_window(args_.table[0], plane, slice % d.dst);
    const int depth = int(tap_count(d, taps_d));
    for (int64_t o = rows.begin; o < rows.end; ++o, to += pitch_) {
      const Window taps_h = table_window(args_.table[1], plane, o);
      const int height = int(tap_count(h, taps_h));
      fill_run<Op>(to, (real_.begin - x_.begin) * cut_.pixel_size);
      Work* real = to + (real_.begin - x_.begin) * cut_.pixel_size;
      Work* behind = to + (real_.end - x_.begin) * cut_.pixel_size;
      if (depth > 0 && height > 0)
        load_row(source(slice, taps_d.begin, taps_h.begin, real_.begin), depth, height, real);
      else
        fill_run<Op>(real, behind - real);
      fill_run<Op>(behind, to + pitch_ - behind);
    }
  }

  // Step 1 by doubling: all input rows into b, their windows into c; then step 2, into `to`.
  void double_rows(int64_t slice, Range rows, Work* to) {
    const Axis& h = args_.axis[1];
    const Range y = covered(args_, 1, 0, rows.begin, rows.end);
    const int64_t length = (real_.end - real_.begin) * cut_.pixel_size;
    const Window taps_d = table_window(args_.table[0], 0, slice % args_.axis[0].dst);
    const Range real = {larger(y.begin, 0), smaller(y.end, h.src)};
    fill_run<Op>(b_, (real.begin - y.begin) * length);
    Work* at = b_ + (real.begin - y.begin) * length;
    if (real_.end - real_.begin == args_.axis[2].src && !cut_.channel_blocks) {
      // Whole rows are one run of memory.
      taps_.merge_rows(source(slice, taps_d.begin, real.begin, 0), 1, 1,
                       (real.end - real.begin) * length, at);
      at += (real.end - real.begin) * length;
    } else {
      for (int64_t row = real.begin; row < real.end; ++row, at += length)
        load_row(source(slice, taps_d.begin, row, real_.begin), 1, 1, at);
    }
    fill_run<Op>(at, (y.end - real.end) * length);
    reduce_windows<Op>(c_, b_, h.kernel, h.dilation * length, (y.end - y.begin) * length);
    for (int64_t row = 0; row < rows.end - rows.begin; ++row, to += pitch_) {
      fill_run<Op>(to, (real_.begin - x_.begin) * cut_.pixel_size);
      Work* real = to + (real_.begin - x_.begin) * cut_.pixel_size;
      for (int64_t i = 0; i < length; i += N)
        store_lanes(real + i, load_lanes<V>(c_ + row * length + i));
      Work* behind = real + length;
      fill_run<Op>(behind, to + pitch_ - behind);
    }
  }

  // Step 4, and finishes elements, row by row.
  void finish(int64_t slice, int64_t slices, Range rows, Range columns, const Work* result) {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    const int64_t row_size = (columns.end - columns.begin) * cut_.pixel_size;
    const int64_t row_pitch = w.dst * storage_.pixel_size;
    const bool whole_rows = row_size == row_pitch;
    const bool adjacent = is_sliding(args_) && w.stride == 1;
    auto* const dst = static_cast<Element*>(args_.dst);
    const Element* end = dst + ((slice + slices - 1) * h.dst + rows.end) * row_pitch;
    const Work* source = a_;
    for (int64_t s = slice; s < slice + slices; ++s) {
      const Window taps_d = table_window(args_.table[0], s / d.dst, s % d.dst);
      for (int64_t o = rows.begin; o < rows.end; ++o, result += pitch_, source += pitch_) {
        const auto scale = op_.row_scale(
            taps_d.count * table_window(args_.table[1], s / d.dst, o).count, w.kernel);
        const Work* row = result;
        if (!adjacent) {
          pick(s / d.dst, columns, result, source);
          row = c_;
        }
        Element* to =
            dst + (s * h.dst + o) * row_pitch + columns.begin * storage_.pixel_size + channel_;
        if (!cut_.channel_blocks) {
          // A vector may run into rows that this tile writes later.
          store_run(row, row_size, to, whole_rows ? end : to + row_size,
                    columns.begin * cut_.pixel_size, scale);
          continue;
        }
        for (int64_t x = columns.begin; x < columns.end; ++x, to += storage_.pixel_size)
          store_run(row + (x - columns.begin) * cut_.pixel_size, cut_.pixel_size, to,
                    to + cut_.pixel_size, x * cut_.pixel_size, scale);
      }
    }
  }
  POOLBENCH_INLINE void store_run(const Work* from, int64_t count, Element* to, const Element* safe,
                                  int64_t column, RowScale<typename Op::Weight> scale) const {
    for (int64_t i = 0; i < count; i += N) {
      prefetch_store(to + i);
      const auto v =
          weights_.finish(op_, load_lanes<V>(from + i), column + i, smaller(N, count - i), scale);
      if (to + i + N <= safe)
        store_lanes(to + i, v);
      else
        store_some(to + i, v, int(smaller(N, count - i)));
    }
  }

  // Collects the outputs of a row in c. Windows longer than the shortest get the rest of their taps
  // from `source`, the row before step 3.
  void pick(int64_t plane, Range columns, const Work* row, const Work* source) {
    const Axis& w = args_.axis[2];
    const int64_t size = cut_.pixel_size, outputs = columns.end - columns.begin;
    if (!is_sliding(args_)) {
      for (int64_t o = 0; o < outputs; ++o) {
        const Window taps = table_window(args_.table[2], plane, columns.begin + o);
        pick_window(c_ + o * size, row + (taps.begin - x_.begin) * size,
                    source + (taps.begin + cut_.shortest - x_.begin) * size,
                    taps.end - taps.begin - cut_.shortest);
      }
      return;
    }
    int64_t stride = w.stride;
    for (; size == 1 && stride % 2 == 0; stride /= 2, row = c_)
      for (int64_t i = 0; i < outputs * (stride / 2); i += N)
        store_lanes(c_ + i,
                    every_second<0>(load_lanes<V>(row + 2 * i), load_lanes<V>(row + 2 * i + N)));
    if (size == 1)
      for (int64_t o = 0; stride > 1 && o < outputs; ++o) c_[o] = row[o * stride];
    else
      for (int64_t o = 0; o < outputs; ++o)
        pick_window(c_ + o * size, row + o * stride * size, nullptr, 0);
  }
  // A vector may run past the pixel, into what is written later.
  POOLBENCH_INLINE void pick_window(Work* to, const Work* from, const Work* more,
                                    int64_t count) const {
    const int64_t size = cut_.pixel_size;
    if (size == 1) {
      Work value = *from;
      for (int64_t x = 0; x < count; ++x) value = Op::merge_one(more[x], value);
      *to = value;
      return;
    }
    for (int64_t i = 0; i < size; i += N) {
      V value = load_lanes<V>(from + i);
      for (int64_t x = 0; x < count; ++x)
        value = Op::merge(load_lanes<V>(more + x * size + i), value);
      store_lanes(to + i, value);
    }
  }

  const Op& op_;
  const PoolArgs& args_;
  const Storage& storage_;
  const TileCut& cut_;
  const ColumnWeights<Op>& weights_;
  const TapRows<Op> taps_;
  Range x_, real_;  // pixels of the tile's rows, with padding and without
  int64_t pitch_;   // elements of a row of the tile
  int64_t channel_;
  alignas(64) Work a_[kTileBytes / sizeof(Work)];
  alignas(64) Work b_[kTileBytes / sizeof(Work)];
  alignas(64) Work c_[kTileBytes / sizeof(Work)];
};

// Pieces of a size. Small problems are one, and four divisions would be a tenth of their time.
POOLBENCH_INLINE int64_t pieces(int64_t all, int64_t size) {
  return all <= size ? smaller(all, 1) : ceil_div(all, size);
}

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const Storage storage = storage_of(args);
  const TileCut cut = cut_of<Op>(args);
  const ColumnWeights<Op> weights(op, args, cut.pixel_size);
  const int64_t all_slices = storage.planes * d.dst;
  const int64_t slice_runs = pieces(all_slices, cut.slices);
  const int64_t row_runs = pieces(h.dst, cut.rows);
  const int64_t column_runs = pieces(w.dst, cut.columns);
  const int64_t blocks = pieces(storage.pixel_size, cut.pixel_size);
  const int64_t tiles = slice_runs * row_runs * column_runs * blocks;
  share(args, tiles, bytes_moved<Op>(storage), [&](int64_t begin, int64_t end) {
    Tile<Op> tile(op, args, storage, cut, weights);
    for (int64_t t = begin; t < end; ++t) {
      const int64_t channel = t % blocks * cut.pixel_size;
      const int64_t column = t / blocks % column_runs * cut.columns;
      const int64_t row = t / (blocks * column_runs) % row_runs * cut.rows;
      const int64_t slice = t / (blocks * column_runs * row_runs) * cut.slices;
      tile.run(slice, smaller(cut.slices, all_slices - slice),
               {row, smaller(row + cut.rows, h.dst)},
               {column, smaller(column + cut.columns, w.dst)},
               smaller(channel, storage.pixel_size - cut.pixel_size));
    }
  });
}

constexpr Takes kTakes = {.reductions = kEveryVectorReduction,
                          .windowings = kEveryWindowing,
                          .types = kVectorTypes,
                          .dilation = true};

// Rows that are doubled add up fewer.
int64_t terms_of(const Shapes& shapes) {
  return tap_rows_terms(shapes) + doubled_terms(larger(most_taps(shapes, shapes.axis[2]), 1));
}

Refusal refuses(const Shapes& shapes) {
  if (const Refusal refusal = refuse_uneven_channels(shapes)) return refusal;
  if (const Refusal refusal = refuse_norm(shapes)) return refusal;
  if (const Refusal refusal = refuse_terms(shapes, terms_of(shapes))) return refusal;
  bool fits = true;
  with_op<kTakes>(shapes, [&](const auto& op) {
    fits = cut_of<std::remove_cvref_t<decltype(op)>>(shapes).fits;
  });
  if (!fits) return {window_parameter(shapes), "takes windows whose rows fit 64 KiB"};
  return {};
}

int64_t scratch_bytes(const Shapes& shapes) {
  int64_t bytes = 0;
  with_op<kTakes>(shapes, [&](const auto& op) {
    using Op = std::remove_cvref_t<decltype(op)>;
    bytes = column_weights_bytes(shapes, cut_of<Op>(shapes).pixel_size);
  });
  return bytes;
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace

constinit const Kernel kTile = {.name = "tile",
                                .summary = "any window: tiles in cache, axis by axis",
                                .takes = kTakes,
                                .refuses = refuses,
                                .launch = launch,
                                .scratch_bytes = scratch_bytes};

}  // namespace poolbench::openmp::POOLBENCH_ISA
