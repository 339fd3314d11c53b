// staged: channels first, rows of any length, windows known to the compiler.
//
// A block loads a tile of input into shared memory in 16-byte runs (tile.cuh). A thread takes a
// column of outputs, its neighbours in the warp the next columns, and walks down kRows of them:
// each input row is reduced once and merged into the outputs that contain it. Outputs return
// through shared memory, so that they too are stored in 16-byte runs.
//
// Instruction-bound in 16 bits and less. Counted as for separable.cuh, 3x3 s2, planes of 112x112:
//
//   instructions an output              counted   bandwidth leaves time for
//   f16 max                             79        69
//   f16 max, 256 threads, in loops      96        69   each thread finds the block's tile
//   f32 max                             109       138
//   i8 max                              65        34
//   f16 average                         136       69
//   f16 Lp, p = 2                       142       69
//   f16 Lp, p = 3                       198       69
#ifndef POOLBENCH_KERNELS_CUDA_STAGED_CUH_
#define POOLBENCH_KERNELS_CUDA_STAGED_CUH_

#include "kernels/cuda/parts.cuh"
#include "kernels/cuda/staged.h"
#include "kernels/cuda/tile.cuh"
#include "kernels/cuda/windows.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct StagedParams {
  PoolArgs args;
  Tiling tiling;
  FastDivisor w, chunks, slices;  // columns; kRows-high pieces of a tile's rows; its slices
  Counted counted;
};

template <class Op, int kShape, int kLeftOut = -1>
struct StagedBody {
  using Params = StagedParams;
  using T = typename Op::Type;
  using Part = typename Parts<Op>::Part;
  static constexpr const char* kName = "staged";
  static constexpr int kThreads = 128;
  static constexpr bool kCooperative = true, kTables = false;
  static constexpr int kWithout = kLeftOut;
  static constexpr StagedShape kS = kStagedShapes[kShape];
  static constexpr int kRows = kStagedRows;
  static constexpr int kSrcRows = (kRows - 1) * kS.stride + kS.kernel;
  static constexpr int kElements = tile_elements(sizeof(T), 0);

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const auto work = [&](const Tile& tile, auto src, auto dst) {
      const int32_t items = tile.planes * int32_t(params.slices.divisor * params.chunks.divisor) *
                            int32_t(params.w.divisor);
      for (int32_t item = ctx.thread(); item < items; item += kThreads) {
        uint32_t rest = uint32_t(item);
        const int32_t ow = int32_t(peel(rest, params.w));
        const int32_t oh = int32_t(peel(rest, params.chunks)) * kRows;
        const int32_t od = int32_t(peel(rest, params.slices)), p = int32_t(rest);
        if (od < tile.slices && oh < tile.rows) column(ctx, params, tile, src, dst, p, od, oh, ow);
      }
    };
    with_tile<StagedBody>(ctx, params.args, params.tiling, work);
  }

  // Replaces a position outside the input by the nearest one inside; counts() says where that would
  // count a tap twice. Rows that are not held belong to outputs that are not stored.
  POOLBENCH_DEVICE static int32_t nearest(int32_t at, int32_t first, int32_t last) {
    return at < first ? first : at > last ? last : at;
  }
  POOLBENCH_DEVICE static bool counts(int32_t at, int32_t first, int32_t last) {
    return Parts<Op>::kIdempotent || (at >= first && at <= last);
  }

  template <class Context, class Shared>
  POOLBENCH_DEVICE static void column(Context& ctx, const Params& params, const Tile& tile,
                                      const Shared& src, const Shared& dst, int32_t p, int32_t od,
                                      int32_t oh, int32_t ow) {
    const PoolArgs& args = params.args;
    const Axis &axis_d = args.axis[0], &axis_h = args.axis[1], &axis_w = args.axis[2];
    const Parts<Op> parts(args);
    const int32_t width = int32_t(axis_w.src), height = int32_t(axis_h.src);
    const int32_t d0 = (tile.od + od) * int32_t(axis_d.stride) - int32_t(axis_d.pad_begin);
    const int32_t h0 = (tile.oh + oh) * kS.stride - int32_t(axis_h.pad_begin);
    const int32_t x0 = ow * kS.stride - int32_t(axis_w.pad_begin);
    const int32_t last_h = tile.src_h + tile.src_rows - 1;
    Part out[kRows];
    POOLBENCH_UNROLL
    for (int r = 0; r < kRows; ++r) out[r] = parts.none();
    for (int32_t d = d0; d < d0 + int32_t(axis_d.kernel); ++d) {
      if (d < 0 || d >= int32_t(axis_d.src)) continue;
      const int32_t slice = tile.slice_at(p, d, width);
      constexpr int kBytes = int(sizeof(T));
      int32_t at[kS.kernel];  // byte offsets of a row's taps
      POOLBENCH_UNROLL
      for (int i = 0; i < kS.kernel; ++i)
        at[i] = kBytes *
                (slice + nearest(h0, tile.src_h, last_h) * width + nearest(x0 + i, 0, width - 1));
      POOLBENCH_UNROLL
      for (int i = 0; i < kS.kernel; ++i) do_not_hoist(at[i]);
      POOLBENCH_UNROLL
      for (int j = 0; j < kSrcRows; ++j) {
        const int32_t h = h0 + j, down = h > tile.src_h && h <= last_h ? kBytes * width : 0;
        Part taps[kS.kernel];
        POOLBENCH_UNROLL
        for (int i = 0; i < kS.kernel; ++i) {
          if (j > 0) at[i] += down;
          const bool there = counts(h, tile.src_h, last_h) && counts(x0 + i, 0, width - 1);
          taps[i] = there
                        ? parts.of(src.at_byte(at[i]), at[i] / kBytes - slice + d * height * width)
                        : parts.none();
        }
        parts.raise(taps);
        Part row = taps[0];
        POOLBENCH_UNROLL
        for (int i = 1; i < kS.kernel; ++i) row = parts.merge(row, taps[i]);
        POOLBENCH_UNROLL
        for (int r = 0; r < kRows; ++r)
          if (j >= r * kS.stride && j < r * kS.stride + kS.kernel)
            out[r] = parts.merge(out[r], row);
      }
    }

    POOLBENCH_UNROLL
    for (int r = 0; r < kRows; ++r) {
      if (oh + r >= tile.rows) break;
      int32_t count = 1;
      if constexpr (!Parts<Op>::kIdempotent)
        count = params.counted.of(0, d0, int32_t(axis_d.kernel)) *
                params.counted.of(1, h0 + r * kS.stride, kS.kernel) *
                params.counted.of(2, x0, kS.kernel);
      const int32_t at = tile.output_at(p, od, oh + r, int32_t(axis_w.dst)) + ow;
      dst.set(at, parts.value(out[r], params.counted.divisor(count)));
      if constexpr (Op::kIndices) ctx.store(args.indices + tile.dst_at + at, int64_t{out[r].at});
    }
  }
};

inline StagedParams staged_params(const PoolArgs& args) {
  const TileCut cut = tile_cut(args, dtype_bytes(DType(args.dtype)), 0);
  return {.args = args,
          .tiling = Tiling(args, cut),
          .w = fast_divisor(args.axis[2].dst),
          .chunks = fast_divisor(ceil_div(cut.rows, kStagedRows)),
          .slices = fast_divisor(cut.slices),
          .counted = Counted(args)};
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_STAGED_CUH_
