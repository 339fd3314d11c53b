// Tiles of channels-first tensors in shared memory, which `staged` and `separable` share: where a
// block's tile is, how it is loaded and how its outputs are stored.
//
// A tile is whole planes, or whole slices (d) of one plane, or rows (h) of one slice (tile_cut.h).
// Either way its input and its outputs are one contiguous span each, so both move in aligned
// 16-byte runs whatever the length of a row.
#ifndef POOLBENCH_KERNELS_CUDA_TILE_CUH_
#define POOLBENCH_KERNELS_CUDA_TILE_CUH_

#include "kernels/cuda/tile_cut.h"
#include "kernels/cuda/words.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// A block's outputs, and the part of the input that it holds.
struct Tile {
  int32_t plane;                 // the first
  int32_t planes, slices, rows;  // outputs: of how many planes, slices a plane, rows a slice
  int32_t od, oh;                // the first slice and row
  int32_t src_d, src_slices;     // the first slice held, and how many of each plane
  int32_t src_h, src_rows;       // the first row held, and how many of each slice
  int32_t shift, dst_shift;      // position of the first element in shared memory
  int64_t dst_at;                // element of dst at position 0 of shared memory; on 16 bytes

  // Position in shared memory of row 0 of a slice of the input, `width` elements a row.
  POOLBENCH_DEVICE int32_t slice_at(int32_t p, int32_t d, int32_t width) const {
    return shift + ((p * src_slices + d - src_d) * src_rows - src_h) * width;
  }
  // Position in shared memory of the first output of a row.
  POOLBENCH_DEVICE int32_t output_at(int32_t p, int32_t d, int32_t h, int32_t width) const {
    return dst_shift + ((p * slices + d) * rows + h) * width;
  }
};

// The cut as blocks read it.
struct Tiling {
  FastDivisor tiles_d, tiles_h;  // tiles of a plane
  int32_t planes, slices, rows;  // of a tile
  int32_t total_planes;
  int64_t src_plane, dst_plane, src_elements;

  Tiling(const Shapes& args, const TileCut& cut)
      : tiles_d(fast_divisor(ceil_div(args.axis[0].dst, cut.slices))),
        tiles_h(fast_divisor(ceil_div(args.axis[1].dst, cut.rows))),
        planes(int32_t(cut.planes)),
        slices(int32_t(cut.slices)),
        rows(int32_t(cut.rows)),
        total_planes(int32_t(args.n * args.c)),
        src_plane(src_plane_size(args)),
        dst_plane(dst_plane_size(args)),
        src_elements(args.n * args.c * src_plane) {}
  int64_t blocks() const {
    return ceil_div(total_planes, planes) * tiles_d.divisor * tiles_h.divisor;
  }
};

// The barriers of a body are numbered. A test leaves each one out (kLeftOut) and sees that the
// emulator finds it missing.
template <int kNumber, int kLeftOut, class Context>
POOLBENCH_DEVICE void barrier(Context& ctx) {
  if constexpr (kNumber != kLeftOut) ctx.sync();
}

// Finds the first position that outputs [o, o + count) of an axis read, and how many they cover.
// kTables: windows may be other than sliding ones.
template <bool kTables, class Context>
POOLBENCH_DEVICE void held(Context& ctx, const PoolArgs& args, int i, int32_t plane, int32_t o,
                           int32_t count, int32_t& first, int32_t& positions) {
  const Axis& axis = args.axis[i];
  int32_t begin = 0, end = int32_t(axis.src);
  if (count < int32_t(axis.dst)) {
    if (kTables && Windowing(args.windowing) != Windowing::kSliding) {
      const Window* windows = args.table[i].windows + plane * args.table[i].plane_stride + o;
      begin = int32_t(ctx.load(windows).begin);
      end = int32_t(ctx.load(windows + count - 1).end);
    } else {
      const int32_t stride = int32_t(axis.stride), start = o * stride - int32_t(axis.pad_begin);
      const int32_t past = start + (count - 1) * stride + int32_t(axis.kernel);
      begin = start > 0 ? start : 0;
      end = past < end ? past : end;
    }
  }
  first = begin;
  positions = end - begin;
}

template <bool kTables, class Context>
POOLBENCH_DEVICE Tile tile_of(Context& ctx, const PoolArgs& args, const Tiling& tiling) {
  uint32_t rest = uint32_t(ctx.block());
  const uint32_t h = peel(rest, tiling.tiles_h), d = peel(rest, tiling.tiles_d);
  Tile tile;
  tile.plane = int32_t(rest) * tiling.planes;
  const auto least = [](int32_t a, int32_t b) { return a < b ? a : b; };
  tile.od = int32_t(d) * tiling.slices;
  tile.oh = int32_t(h) * tiling.rows;
  tile.planes = least(tiling.planes, tiling.total_planes - tile.plane);
  tile.slices = least(tiling.slices, int32_t(args.axis[0].dst) - tile.od);
  tile.rows = least(tiling.rows, int32_t(args.axis[1].dst) - tile.oh);
  held<kTables>(ctx, args, 0, tile.plane, tile.od, tile.slices, tile.src_d, tile.src_slices);
  held<kTables>(ctx, args, 1, tile.plane, tile.oh, tile.rows, tile.src_h, tile.src_rows);
  return tile;
}

// Loads the tile's input, at most kElements, and finds its positions. Every thread of the block
// takes part; a barrier must follow. The number of runs a thread takes is a constant, so that all
// of them are in flight and the loop is unrolled.
template <class T, int kThreads, int kElements, class Context, class Shared>
POOLBENCH_DEVICE void load_tile(Context& ctx, const PoolArgs& args, const Tiling& tiling,
                                Tile& tile, const Shared& to) {
  constexpr int kRun = 16 / int(sizeof(T)), kRuns = (kElements - 1) / (kRun * kThreads) + 1;
  const int32_t width = int32_t(args.axis[2].src), outputs = int32_t(args.axis[2].dst);
  const int64_t first =
      tile.plane * tiling.src_plane + (tile.src_d * int32_t(args.axis[1].src) + tile.src_h) * width;
  const int64_t dst =
      tile.plane * tiling.dst_plane + (tile.od * int32_t(args.axis[1].dst) + tile.oh) * outputs;
  tile.shift = int32_t(first) & (kRun - 1);
  tile.dst_shift = int32_t(dst) & (kRun - 1);
  tile.dst_at = dst - tile.dst_shift;

  // Runs may begin before the span and end behind it, but not beyond the tensor.
  const auto* src = static_cast<const T*>(args.src) + (first - tile.shift);
  const int32_t past = tile.shift + tile.planes * tile.src_slices * tile.src_rows * width;
  const int64_t there = (tiling.src_elements - (first - tile.shift)) / kRun;
  int32_t runs = (past + kRun - 1) / kRun;
  if (runs > there) runs = int32_t(there);
  const int32_t run = ctx.thread();
  Words words[kRuns];
  POOLBENCH_UNROLL
  for (int i = 0; i < kRuns; ++i)
    if (run + i * kThreads < runs)
      words[i] = ctx.load(reinterpret_cast<const Words*>(src) + run + i * kThreads);
  POOLBENCH_UNROLL
  for (int i = 0; i < kRuns; ++i)
    if (run + i * kThreads < runs) to.template set<Words>((run + i * kThreads) * kRun, words[i]);
  const int32_t last = runs * kRun + ctx.thread();
  if (last < past) to.set(last, ctx.load(src + last));
}

// Stores the tile's outputs from shared memory, tile.dst_shift on. Every thread of the block takes
// part; a barrier must precede.
template <class T, int kThreads, int kElements, class Context, class Shared>
POOLBENCH_DEVICE void store_tile(Context& ctx, const PoolArgs& args, const Tile& tile,
                                 const Shared& from) {
  constexpr int kRun = 16 / int(sizeof(T)), kRuns = (kElements - 1) / (kRun * kThreads) + 1;
  const int32_t begin = tile.dst_shift;
  const int32_t end = begin + tile.planes * tile.slices * tile.rows * int32_t(args.axis[2].dst);
  // Whole runs in the middle; the at most 30 elements before and behind them one a thread.
  const int32_t up = begin == 0 ? 0 : kRun, down = end / kRun * kRun;
  const int32_t low = up < end ? up : end, high = down > low ? down : low;
  auto* dst = static_cast<T*>(args.dst) + tile.dst_at;
  const int32_t first = low + ctx.thread() * kRun;
  POOLBENCH_UNROLL
  for (int i = 0; i < kRuns; ++i) {
    const int32_t at = first + i * kThreads * kRun;
    if (at < high) ctx.store(reinterpret_cast<Words*>(dst + at), from.template get<Words>(at));
  }
  const int32_t before = low - begin, rank = ctx.thread();
  const int32_t edge = rank < before ? begin + rank : high + rank - before;
  if (edge < end) ctx.store(dst + edge, from.get(edge));
}

// Loads a block's tile into src, calls work(tile, src, dst), and stores what that leaves in dst.
// `Body` has T, kThreads, kElements, kTables (see held()) and kWithout (see barrier()); its own
// barriers are numbered from 2 on.
template <class Body, class Context, class Work>
POOLBENCH_DEVICE void with_tile(Context& ctx, const PoolArgs& args, const Tiling& tiling,
                                Work&& work) {
  using T = typename Body::T;
  Tile tile = tile_of<Body::kTables>(ctx, args, tiling);
  const auto src = ctx.template shared<T, Body::kElements, 0>();
  const auto dst = ctx.template shared<T, Body::kElements, 1>();
  load_tile<T, Body::kThreads, Body::kElements>(ctx, args, tiling, tile, src);
  barrier<0, Body::kWithout>(ctx);
  work(tile, src, dst);
  barrier<1, Body::kWithout>(ctx);
  store_tile<T, Body::kThreads, Body::kElements>(ctx, args, tile, dst);
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_TILE_CUH_
