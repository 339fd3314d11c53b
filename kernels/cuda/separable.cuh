// separable: channels first, any dense windows.
//
// A block loads a tile of input into shared memory (tile.cuh), reduces the windows of every row
// first and those of the columns after, so that taps are paid an axis at a time and not for the
// product of axes. Windows that move by one share their overlap (slide() in parts.cuh): their cost
// does not grow with their size. Maxima of 16 bits and less that slide on both axes go two a word
// (separable_pairs.cuh).
//
// Instruction-bound. Counted by following every warp of a full block through sm_90's code, all of
// it and not the loops' bodies alone, 13x13 s1 in planes of 13x13:
//
//   instructions an output   counted   counts from tables, long loops   bandwidth leaves time for
//   f32 max                  60        89                               55   (tap by tap: over 850)
//   f16 average              69        120                              28
//   i8 average               67        114                              14
//
// Windows that do not slide: 2 a tap, 40 a window.
#ifndef POOLBENCH_KERNELS_CUDA_SEPARABLE_CUH_
#define POOLBENCH_KERNELS_CUDA_SEPARABLE_CUH_

#include "kernels/cuda/separable_pairs.cuh"
#include "kernels/cuda/windows.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct SeparableParams {
  PoolArgs args;
  Tiling tiling;
  FastDivisor w, rows, slices, plane_rows;  // columns; a tile's rows and slices; rows of a plane
  bool slide_h, slide_w;
  Counted counted;
};

template <class Op, int kLeftOut = -1>
struct SeparableBody {
  using Params = SeparableParams;
  using T = typename Op::Type;
  using Part = typename Parts<Op>::Part;
  static constexpr const char* kName = "separable";
  static constexpr int kThreads = 128, kBlocks = 6;
  static constexpr bool kCooperative = true, kTables = true;
  static constexpr int kWithout = kLeftOut;
  static constexpr int kElements = tile_elements(sizeof(T), sizeof(Part));
  static constexpr int kBytes = int(sizeof(T)), kPartBytes = int(sizeof(Part));
  static_assert(sizeof(Part) == (Op::kIndices ? 8 : 4), "separable_part_bytes()");

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const auto mid = ctx.template shared<Part, kElements, 2>();
    const auto work = [&](const Tile& tile, auto src, auto dst) {
      if (params.slide_w)
        slide_rows(ctx, params, tile, src, mid);
      else
        reduce_rows(ctx, params, tile, src, mid);
      barrier<2, kLeftOut>(ctx);
      if (params.slide_h)
        slide_columns(ctx, params, tile, mid, dst);
      else
        reduce_columns(ctx, params, tile, mid, dst);
    };
    with_tile<SeparableBody>(ctx, params.args, params.tiling, work);
  }

  // mid: one part for each (row held, output column). Positions count from the first element held.
  template <class Context, class Src, class Mid>
  POOLBENCH_DEVICE static void reduce_rows(Context& ctx, const Params& params, const Tile& tile,
                                           const Src& src, const Mid& mid) {
    const PoolArgs& args = params.args;
    const Parts<Op> parts(args);
    const int32_t width = int32_t(args.axis[2].src);
    const int32_t items = tile.planes * tile.src_slices * tile.src_rows * int32_t(args.axis[2].dst);
    for (int32_t item = ctx.thread(); item < items; item += kThreads) {
      uint32_t row = uint32_t(item);
      const uint32_t ow = peel(row, params.w);
      const Table& w = args.table[2];
      const int64_t plane =
          w.plane_stride != 0 ? tile.plane + divide(row, params.plane_rows) : tile.plane;
      const Window window = ctx.load(w.windows + plane * w.plane_stride + ow);
      const int32_t from = int32_t(row) * width;
      mid.set(item, merge_range(parts, from + int32_t(window.begin), from + int32_t(window.end),
                                [&](int32_t i) { return parts.of(src.get(tile.shift + i), i); }));
    }
  }

  template <class Context, class Src, class Mid>
  POOLBENCH_DEVICE static void slide_rows(Context& ctx, const Params& params, const Tile& tile,
                                          const Src& src, const Mid& mid) {
    const PoolArgs& args = params.args;
    const Parts<Op> parts(args);
    const int32_t width = int32_t(args.axis[2].src), outputs = int32_t(args.axis[2].dst);
    const int32_t kernel = int32_t(args.axis[2].kernel), pad = int32_t(args.axis[2].pad_begin);
    const int32_t rows = tile.planes * tile.src_slices * tile.src_rows;
    for (int32_t first = 0; first < outputs; first += kernel)
      for (int32_t row = ctx.thread(); row < rows; row += kThreads) {
        const Line from{kBytes * (tile.shift + row * width - pad), kBytes};
        const Line to{kPartBytes * row * outputs, kPartBytes};
        slide(
            parts, first, outputs, kernel, pad, pad + width, from, to, to,
            [&](int32_t at) { return parts.of(src.at_byte(at), at / kBytes - tile.shift); },
            [&](int32_t at, Part part) { mid.set_byte(at, part); },
            [&](int32_t at) { return mid.at_byte(at); },
            [&](int32_t at, int32_t, Part part) { mid.set_byte(at, part); });
      }
  }

  template <class Context, class Mid, class Dst>
  POOLBENCH_DEVICE static void reduce_columns(Context& ctx, const Params& params, const Tile& tile,
                                              const Mid& mid, const Dst& dst) {
    const PoolArgs& args = params.args;
    const Parts<Op> parts(args);
    const int32_t outputs = int32_t(args.axis[2].dst);
    const int32_t items =
        tile.planes * int32_t(params.slices.divisor * params.rows.divisor) * outputs;
    for (int32_t item = ctx.thread(); item < items; item += kThreads) {
      uint32_t rest = uint32_t(item);
      const int32_t ow = int32_t(peel(rest, params.w)), oh = int32_t(peel(rest, params.rows));
      const int32_t od = int32_t(peel(rest, params.slices)), p = int32_t(rest);
      if (od >= tile.slices || oh >= tile.rows) continue;
      const Table &d = args.table[0], &h = args.table[1];
      const Window wd = ctx.load(d.windows + (tile.plane + p) * d.plane_stride + tile.od + od);
      const Window wh = ctx.load(h.windows + (tile.plane + p) * h.plane_stride + tile.oh + oh);
      typename Parts<Op>::Total total{parts.none()};
      for (int32_t z = int32_t(wd.begin); z < wd.end; ++z) {
        const int32_t column = (tile.slice_at(p, z, 1) - tile.shift) * outputs + ow;
        parts.add(total, merge_range(parts, int32_t(wh.begin), int32_t(wh.end),
                                     [&](int32_t y) { return mid.get(column + y * outputs); }));
      }
      const Window ww =
          ctx.load(args.table[2].windows + (tile.plane + p) * args.table[2].plane_stride + ow);
      const Divisor divisor(float(int32_t(wd.count)) * float(int32_t(wh.count)) *
                            float(int32_t(ww.count)));
      const int32_t at = tile.output_at(p, od, oh, outputs) + ow;
      finish(ctx, params, tile, dst, parts, p, at, parts.total(total), divisor);
    }
  }

  // Windows are one slice deep. A thread takes whole columns, and keeps parts where it has read
  // their rows.
  template <class Context, class Mid, class Dst>
  POOLBENCH_DEVICE static void slide_columns(Context& ctx, const Params& params, const Tile& tile,
                                             const Mid& mid, const Dst& dst) {
    const PoolArgs& args = params.args;
    const Parts<Op> parts(args);
    const int32_t outputs = int32_t(args.axis[2].dst);
    const int32_t kernel = int32_t(args.axis[1].kernel);
    const int32_t begin = tile.src_h - tile.oh + int32_t(args.axis[1].pad_begin);
    const int32_t items = tile.planes * tile.slices * outputs;
    for (int32_t item = ctx.thread(); item < items; item += kThreads) {
      uint32_t rest = uint32_t(item);
      const int32_t ow = int32_t(peel(rest, params.w)), od = int32_t(peel(rest, params.slices));
      const int32_t p = int32_t(rest), z = tile.od + od;
      // The divisor's factor of w is the column's; that of d is 1.
      const Axis &h = args.axis[1], &w = args.axis[2];
      const Divisor across(float(
          params.counted.of(2, ow * int32_t(w.stride) - int32_t(w.pad_begin), int32_t(w.kernel))));
      const int32_t h0 = tile.oh - int32_t(h.pad_begin);
      // Output o's window begins in row o - begin of those held, and its part is kept there.
      const int32_t pitch = kPartBytes * outputs;
      const int32_t row = (p * tile.src_slices + z - tile.src_d) * tile.src_rows - begin;
      const Line column{pitch * row + kPartBytes * ow, pitch};
      const Line to{tile.output_at(p, od, 0, outputs) + ow, outputs};
      for (int32_t from = 0; from < tile.rows; from += kernel)
        slide(
            parts, from, tile.rows, kernel, begin, begin + tile.src_rows, column, column, to,
            [&](int32_t at) { return mid.at_byte(at); },
            [&](int32_t at, Part part) { mid.set_byte(at, part); },
            [&](int32_t at) { return mid.at_byte(at); },
            [&](int32_t at, int32_t o, Part part) {
              const int32_t down = params.counted.of(1, h0 + o, kernel);
              finish(ctx, params, tile, dst, parts, p, at, part,
                     across * params.counted.divisor(down));
            });
    }
  }

  template <class Context, class Dst>
  POOLBENCH_DEVICE static void finish(Context& ctx, const Params& params, const Tile& tile,
                                      const Dst& dst, const Parts<Op>& parts, int32_t p, int32_t at,
                                      Part part, Divisor divisor) {
    const PoolArgs& args = params.args;
    dst.set(at, parts.value(part, divisor));
    if constexpr (Op::kIndices) {
      const int32_t width = int32_t(args.axis[2].src), height = int32_t(args.axis[1].src);
      const int32_t before = (tile.src_d * height + tile.src_h) * width;
      const int32_t plane = p * tile.src_slices * tile.src_rows * width;
      ctx.store(args.indices + tile.dst_at + at, int64_t{part.at - plane + before});
    }
  }
};

inline SeparableParams separable_params(const PoolArgs& args) {
  const int64_t part_bytes = separable_part_bytes(args);
  const TileCut cut = tile_cut(args, dtype_bytes(DType(args.dtype)), part_bytes);
  const Axis& d = args.axis[0];
  const bool one_deep = d.kernel == 1 && d.stride == 1 && d.pad_begin == 0;
  return {.args = args,
          .tiling = Tiling(args, cut),
          .w = fast_divisor(args.axis[2].dst),
          .rows = fast_divisor(cut.rows),
          .slices = fast_divisor(cut.slices),
          .plane_rows = fast_divisor(d.src * args.axis[1].src),
          .slide_h = slides(args, 1) && one_deep,
          .slide_w = slides(args, 2),
          .counted = Counted(args)};
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SEPARABLE_CUH_
