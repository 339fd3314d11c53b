// Any window, by axes: a tile of work lanes in cache, the H (and D) axis first, then W.
//
// A tile is a run of output rows with the pixels their windows cover, of one or more slices (plane,
// od) where those are small, or a part of the columns or channels of one where they are large; a
// thread takes an even share of the tiles. In a tile
//   1. rows   each output row's input rows are combined while they are loaded; windows that are
//             tall and overlap are doubled instead (3.), over all input rows of the tile
//   2. pads   columns outside the input are filled with the reduction's neutral value
//   3. width  windows of 2, 4, 8 ... pixels grow in place, over the whole tile as one run, so that
//             the cost hardly depends on the window and not at all on the length of a row
//   4. picks  where outputs are not at every pixel they are picked out; a window longer than the
//             shortest takes its last pixels one by one
// A pixel is one element with channels first, `unit` elements with channels last. Bound by loads
// and stores in L1.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/tap_rows.h"
#include "kernels/openmp/tile_plan.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// to[i] = from[i] and from[i + offset] combined, for `count` elements and up to a vector more. In
// place it reads ahead of what it writes.
template <class Op>
POOLBENCH_INLINE void combine_run(typename Op::Work* to, const typename Op::Work* from,
                                  const typename Op::Work* other, int64_t count) {
  using V = typename Op::V;
  int64_t i = 0;
  for (; i + 2 * Op::N <= count; i += 2 * Op::N) {
    const V a = Op::combine(load_lanes<V>(other + i), load_lanes<V>(from + i));
    const V b = Op::combine(load_lanes<V>(other + i + Op::N), load_lanes<V>(from + i + Op::N));
    store_lanes(to + i, a);
    store_lanes(to + i + Op::N, b);
  }
  for (; i < count; i += Op::N)
    store_lanes(to + i, Op::combine(load_lanes<V>(other + i), load_lanes<V>(from + i)));
}

// Windows of `taps` elements `step` apart, from `from` (kept) into `to`: element i of the result is
// for the taps from i on, for i below count - (taps - 1) * step. taps > 1.
template <class Op>
void grow(typename Op::Work* to, const typename Op::Work* from, int64_t taps, int64_t step,
          int64_t count) {
  combine_run<Op>(to, from, from + step, count - step);
  int64_t have = 2;
  if constexpr (!Op::kSum) {  // windows may overlap
    while (have < taps) {
      const int64_t more = least(have, taps - have);
      combine_run<Op>(to, to, to + more * step, count - (have + more - 1) * step);
      have += more;
    }
  } else {  // taps in binary, from the second highest digit on
    int digit = 62 - __builtin_clzll(uint64_t(taps));
    if (taps & (int64_t{1} << digit)) {
      combine_run<Op>(to, to, from + 2 * step, count - 2 * step);
      have = 3;
    }
    while (--digit >= 0) {
      combine_run<Op>(to, to, to + have * step, count - (2 * have - 1) * step);
      have *= 2;
      if (taps & (int64_t{1} << digit)) {
        combine_run<Op>(to, to, from + have * step, count - have * step);
        ++have;
      }
    }
  }
}

template <class Op>
POOLBENCH_INLINE void fill_run(typename Op::Work* to, int64_t count) {
  for (int64_t i = 0; i < count; i += Op::N) store_lanes(to + i, Op::fill());
}

template <class Op>
class Tile {
 public:
  using Element = typename Op::Element;
  using Work = typename Op::Work;
  using V = typename Op::V;
  static constexpr int N = Op::N;

  Tile(const Op& op, const PoolArgs& args, const Shape& shape, const TilePlan& plan,
       const ColumnWeights<Op>& weights)
      : op_(op),
        args_(args),
        shape_(shape),
        plan_(plan),
        weights_(weights),
        taps_(op, args, shape) {}

  // Slices [slice, slice + slices), output rows and columns as given, channels from `channel` on.
  void run(int64_t slice, int64_t slices, Extent rows, Extent columns, int64_t channel) {
    const Axis& w = args_.axis[2];
    // Only a problem with one slice a tile has windows that differ from plane to plane.
    x_ = covered(args_, 2, slice / args_.axis[0].dst, columns.begin, columns.end);
    real_ = {most(x_.begin, 0), least(x_.end, w.src)};
    if (real_.end < real_.begin) real_.end = real_.begin;
    pitch_ = (x_.end - x_.begin) * plan_.unit;
    channel_ = channel;
    const int64_t height = rows.end - rows.begin;
    for (int64_t s = 0; s < slices; ++s)
      if (plan_.doubled)
        double_rows(slice + s, rows, a_ + s * height * pitch_);
      else
        load_rows(slice + s, rows, a_ + s * height * pitch_);
    const int64_t count = slices * height * pitch_;
    Work* result = a_;
    if (plan_.shortest > 1) {
      result = b_;
      grow<Op>(b_, a_, plan_.shortest, w.dilation * plan_.unit, count);
    }
    finish(slice, slices, rows, columns, result);
  }

 private:
  const Element* source(int64_t slice, int64_t d, int64_t h, int64_t x) const {
    return static_cast<const Element*>(args_.src) + slice / args_.axis[0].dst * shape_.src_size +
           ((d * args_.axis[1].src + h) * args_.axis[2].src + x) * shape_.unit + channel_;
  }

  // Combines `depth` by `height` rows from `first` on into `to`, the columns that are real.
  void load_row(const Element* first, int depth, int height, Work* to) const {
    const int64_t pixels = real_.end - real_.begin;
    if (!plan_.channel_blocks) return taps_.combine(first, depth, height, pixels * plan_.unit, to);
    for (int64_t x = 0; x < pixels; ++x)
      taps_.combine(first + x * shape_.unit, depth, height, plan_.unit, to + x * plan_.unit);
  }
  // Step 1 by walking taps, with step 2.
  void load_rows(int64_t slice, Extent rows, Work* to) const {
    const Axis &d = args_.axis[0], &h = args_.axis[1];
    const int64_t plane = slice / d.dst;
    const Window taps_d = table_window(args_.table[0], plane, slice % d.dst);
    const int depth = int(tap_count(d, taps_d));
    for (int64_t o = rows.begin; o < rows.end; ++o, to += pitch_) {
      const Window taps_h = table_window(args_.table[1], plane, o);
      const int height = int(tap_count(h, taps_h));
      fill_run<Op>(to, (real_.begin - x_.begin) * plan_.unit);
      Work* real = to + (real_.begin - x_.begin) * plan_.unit;
      Work* behind = to + (real_.end - x_.begin) * plan_.unit;
      if (depth > 0 && height > 0)
        load_row(source(slice, taps_d.begin, taps_h.begin, real_.begin), depth, height, real);
      else
        fill_run<Op>(real, behind - real);
      fill_run<Op>(behind, to + pitch_ - behind);
    }
  }

  // Step 1 by doubling: all input rows in b, their windows in c, spread to `to` with step 2.
  void double_rows(int64_t slice, Extent rows, Work* to) {
    const Axis& h = args_.axis[1];
    const Extent y = covered(args_, 1, 0, rows.begin, rows.end);
    const int64_t length = (real_.end - real_.begin) * plan_.unit;
    const Window taps_d = table_window(args_.table[0], 0, slice % args_.axis[0].dst);
    const Extent real = {most(y.begin, 0), least(y.end, h.src)};
    fill_run<Op>(b_, (real.begin - y.begin) * length);
    Work* at = b_ + (real.begin - y.begin) * length;
    if (real_.end - real_.begin == args_.axis[2].src && !plan_.channel_blocks) {
      // Whole rows are one run of memory.
      taps_.combine(source(slice, taps_d.begin, real.begin, 0), 1, 1,
                    (real.end - real.begin) * length, at);
      at += (real.end - real.begin) * length;
    } else {
      for (int64_t row = real.begin; row < real.end; ++row, at += length)
        load_row(source(slice, taps_d.begin, row, real_.begin), 1, 1, at);
    }
    fill_run<Op>(at, (y.end - real.end) * length);
    grow<Op>(c_, b_, h.kernel, h.dilation * length, (y.end - y.begin) * length);
    for (int64_t row = 0; row < rows.end - rows.begin; ++row, to += pitch_) {
      fill_run<Op>(to, (real_.begin - x_.begin) * plan_.unit);
      Work* real = to + (real_.begin - x_.begin) * plan_.unit;
      for (int64_t i = 0; i < length; i += N)
        store_lanes(real + i, load_lanes<V>(c_ + row * length + i));
      Work* behind = real + length;
      fill_run<Op>(behind, to + pitch_ - behind);
    }
  }

  // Step 4 and the rounding to elements, row by row.
  void finish(int64_t slice, int64_t slices, Extent rows, Extent columns, const Work* result) {
    const Axis &d = args_.axis[0], &h = args_.axis[1], &w = args_.axis[2];
    const int64_t row_size = (columns.end - columns.begin) * plan_.unit;
    const int64_t row_pitch = w.dst * shape_.unit;
    const bool whole_rows = row_size == row_pitch;
    const bool adjacent = sliding_why_not(args_) == nullptr && w.stride == 1;
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
        Element* to = dst + (s * h.dst + o) * row_pitch + columns.begin * shape_.unit + channel_;
        if (!plan_.channel_blocks) {
          // Vectors may run into rows that this tile writes later.
          store_run(row, row_size, to, whole_rows ? end : to + row_size, columns.begin * plan_.unit,
                    scale);
          continue;
        }
        for (int64_t x = columns.begin; x < columns.end; ++x, to += shape_.unit)
          store_run(row + (x - columns.begin) * plan_.unit, plan_.unit, to, to + plan_.unit,
                    x * plan_.unit, scale);
      }
    }
  }
  POOLBENCH_INLINE void store_run(const Work* from, int64_t count, Element* to, const Element* safe,
                                  int64_t column, RowScale<typename Op::Weight> scale) const {
    for (int64_t i = 0; i < count; i += N) {
      ask_to_store(to + i);
      const auto v =
          weights_.finish(op_, load_lanes<V>(from + i), column + i, least(N, count - i), scale);
      if (to + i + N <= safe)
        store_lanes(to + i, v);
      else
        store_some(to + i, v, int(least(N, count - i)));
    }
  }

  // Collects the outputs' pixels of a row in c. Windows longer than the shortest get the rest of
  // their taps, from the row as it was before its windows grew.
  void pick(int64_t plane, Extent columns, const Work* row, const Work* source) {
    const Axis& w = args_.axis[2];
    const int64_t unit = plan_.unit, outputs = columns.end - columns.begin;
    if (sliding_why_not(args_) != nullptr) {
      for (int64_t o = 0; o < outputs; ++o) {
        const Window taps = table_window(args_.table[2], plane, columns.begin + o);
        pick_window(c_ + o * unit, row + (taps.begin - x_.begin) * unit,
                    source + (taps.begin + plan_.shortest - x_.begin) * unit,
                    taps.end - taps.begin - plan_.shortest);
      }
      return;
    }
    int64_t stride = w.stride;
    for (; unit == 1 && stride % 2 == 0; stride /= 2, row = c_)
      for (int64_t i = 0; i < outputs * (stride / 2); i += N)
        store_lanes(c_ + i,
                    every_second<0>(load_lanes<V>(row + 2 * i), load_lanes<V>(row + 2 * i + N)));
    if (unit == 1)
      for (int64_t o = 0; stride > 1 && o < outputs; ++o) c_[o] = row[o * stride];
    else
      for (int64_t o = 0; o < outputs; ++o)
        pick_window(c_ + o * unit, row + o * stride * unit, nullptr, 0);
  }
  // Vectors may run past the pixel: what is there is written later.
  POOLBENCH_INLINE void pick_window(Work* to, const Work* from, const Work* more,
                                    int64_t count) const {
    const int64_t unit = plan_.unit;
    if (unit == 1) {
      Work value = *from;
      for (int64_t x = 0; x < count; ++x) value = Op::combine_one(more[x], value);
      *to = value;
      return;
    }
    for (int64_t i = 0; i < unit; i += N) {
      V value = load_lanes<V>(from + i);
      for (int64_t x = 0; x < count; ++x)
        value = Op::combine(load_lanes<V>(more + x * unit + i), value);
      store_lanes(to + i, value);
    }
  }

  const Op& op_;
  const PoolArgs& args_;
  const Shape& shape_;
  const TilePlan& plan_;
  const ColumnWeights<Op>& weights_;
  const TapRows<Op> taps_;
  Extent x_, real_;  // pixels of the tile's rows, with padding and without
  int64_t pitch_;    // elements of a row of the tile
  int64_t channel_;
  alignas(64) Work a_[kTileBytes / sizeof(Work)];
  alignas(64) Work b_[kTileBytes / sizeof(Work)];
  alignas(64) Work c_[kTileBytes / sizeof(Work)];
};

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const Shape shape = shape_of(args);
  const TilePlan plan = plan_of<Op>(args);
  const ColumnWeights<Op> weights(op, args, plan.unit);
  const int64_t all_slices = shape.planes * d.dst;
  const int64_t slice_runs = (all_slices + plan.slices - 1) / plan.slices;
  const int64_t row_runs = (h.dst + plan.rows - 1) / plan.rows;
  const int64_t column_runs = (w.dst + plan.columns - 1) / plan.columns;
  const int64_t blocks = (shape.unit + plan.unit - 1) / plan.unit;
  const int64_t tiles = slice_runs * row_runs * column_runs * blocks;
  share(tiles, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    Tile<Op> tile(op, args, shape, plan, weights);
    for (int64_t t = begin; t < end; ++t) {
      const int64_t channel = t % blocks * plan.unit;
      const int64_t column = t / blocks % column_runs * plan.columns;
      const int64_t row = t / (blocks * column_runs) % row_runs * plan.rows;
      const int64_t slice = t / (blocks * column_runs * row_runs) * plan.slices;
      tile.run(slice, least(plan.slices, all_slices - slice), {row, least(row + plan.rows, h.dst)},
               {column, least(column + plan.columns, w.dst)},
               least(channel, shape.unit - plan.unit));
    }
  });
}

const char* why_not(const PoolArgs& args) {
  if (Windowing(args.windowing) == Windowing::kFractional && shape_of(args).unit != 1)
    return "it takes windows that are the same for all channels";
  if (const char* why_not = op_why_not(args, true)) return why_not;
  if (const char* why_not = terms_why_not(args, tap_rows_terms(args))) return why_not;
  bool fits = true;
  with_op<true>(
      args, [&](const auto& op) { fits = plan_of<std::remove_cvref_t<decltype(op)>>(args).fits; });
  return fits ? nullptr : "a row of the window does not fit its buffers";
}

}  // namespace

const char* tile_why_not(const PoolArgs& args) { return why_not(args); }

int64_t tile_scratch(const PoolArgs& args) {
  int64_t bytes = 0;
  with_op<true>(args, [&](const auto& op) {
    bytes = column_weights_bytes(args, plan_of<std::remove_cvref_t<decltype(op)>>(args).unit);
  });
  return bytes;
}

void tile_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace poolbench::POOLBENCH_ISA
