// Channels first through shared memory, what `staged` and `separable` share: how a problem is cut
// into blocks, and how a block loads its input and stores its outputs.
//
// A block makes whole planes, or whole slices (d) of one plane, or rows (h) of one slice. Either
// way what it reads and what it writes are one contiguous span each, so both move in aligned
// 16-byte runs whatever a row's length is.
#ifndef POOLBENCH_KERNELS_CUDA_STAGE_CUH_
#define POOLBENCH_KERNELS_CUDA_STAGE_CUH_

#include "kernels/cuda/family.h"
#include "kernels/cuda/words.h"

namespace poolbench {

// A place in the cut: the outputs of a block, and the part of the input that it holds.
struct Tile {
  int32_t plane;                 // the first
  int32_t planes, slices, rows;  // outputs: of how many planes, slices a plane, rows a slice
  int32_t od, oh;                // the first slice and row
  int32_t src_d, src_slices;     // the first slice held, and how many of each plane
  int32_t src_h, src_rows;       // the first row held, and how many of each slice
  int32_t shift, dst_shift;      // where the first element stands in shared memory
  int64_t dst_at;                // where dst_shift = 0 would stand in dst; on 16 bytes

  // The place in shared memory of row 0 of a slice; rows are as long as the input's.
  POOLBENCH_DEVICE int32_t slice_at(int32_t p, int32_t d, int32_t width) const {
    return shift + ((p * src_slices + d - src_d) * src_rows - src_h) * width;
  }
  // Likewise of an output.
  POOLBENCH_DEVICE int32_t output_at(int32_t p, int32_t d, int32_t h, int32_t width) const {
    return dst_shift + ((p * slices + d) * rows + h) * width;
  }
};

struct Stage {
  FastDivisor tiles_d, tiles_h;  // blocks to a plane
  int32_t planes, slices, rows;  // of a block
  int32_t total_planes;
  int64_t src_plane, dst_plane, src_elements;

  Stage(const PoolArgs& args, const StageCut& cut)
      : tiles_d(ceil_div(args.axis[0].dst, cut.slices)),
        tiles_h(ceil_div(args.axis[1].dst, cut.rows)),
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

// The barriers of a body, numbered; kLeftOut is none of them but in a test, which shows that each
// is missed.
template <int kNumber, int kLeftOut, class Context>
POOLBENCH_DEVICE void barrier(Context& ctx) {
  if constexpr (kNumber != kLeftOut) ctx.sync();
}

// The first position that outputs [o, o + count) of an axis read, and how many they cover. kTables:
// windows may be other than sliding ones.
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
POOLBENCH_DEVICE Tile tile_of(Context& ctx, const PoolArgs& args, const Stage& stage) {
  uint32_t h = uint32_t(ctx.block());
  uint32_t d = stage.tiles_h.split(h);
  Tile tile;
  tile.plane = int32_t(stage.tiles_d.split(d)) * stage.planes;
  const auto least = [](int32_t a, int32_t b) { return a < b ? a : b; };
  tile.od = int32_t(d) * stage.slices;
  tile.oh = int32_t(h) * stage.rows;
  tile.planes = least(stage.planes, stage.total_planes - tile.plane);
  tile.slices = least(stage.slices, int32_t(args.axis[0].dst) - tile.od);
  tile.rows = least(stage.rows, int32_t(args.axis[1].dst) - tile.oh);
  held<kTables>(ctx, args, 0, tile.plane, tile.od, tile.slices, tile.src_d, tile.src_slices);
  held<kTables>(ctx, args, 1, tile.plane, tile.oh, tile.rows, tile.src_h, tile.src_rows);
  return tile;
}

// Loads the tile's input, at most kElements, and finds its places. Every thread of the block takes
// part, and passes a barrier before it reads what others loaded. The compiler knows how many runs a
// thread takes at most, so all of them are in flight and no loop surrounds them.
template <class T, int kThreads, int kElements, class Context, class Shared>
POOLBENCH_DEVICE void load_tile(Context& ctx, const PoolArgs& args, const Stage& stage, Tile& tile,
                                const Shared& to) {
  constexpr int kRun = 16 / int(sizeof(T)), kRuns = (kElements - 1) / (kRun * kThreads) + 1;
  const int32_t width = int32_t(args.axis[2].src), outputs = int32_t(args.axis[2].dst);
  const int64_t first =
      tile.plane * stage.src_plane + (tile.src_d * int32_t(args.axis[1].src) + tile.src_h) * width;
  const int64_t dst =
      tile.plane * stage.dst_plane + (tile.od * int32_t(args.axis[1].dst) + tile.oh) * outputs;
  tile.shift = int32_t(first) & (kRun - 1);
  tile.dst_shift = int32_t(dst) & (kRun - 1);
  tile.dst_at = dst - tile.dst_shift;

  // Runs may begin before the span and end behind it, but not behind the tensor.
  const auto* src = static_cast<const T*>(args.src) + (first - tile.shift);
  const int32_t past = tile.shift + tile.planes * tile.src_slices * tile.src_rows * width;
  const int64_t there = (stage.src_elements - (first - tile.shift)) / kRun;
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

// Stores the tile's outputs, which stand in shared memory from tile.dst_shift on. Every thread
// takes part, past a barrier behind the last output.
template <class T, int kThreads, int kElements, class Context, class Shared>
POOLBENCH_DEVICE void store_tile(Context& ctx, const PoolArgs& args, const Tile& tile,
                                 const Shared& from) {
  constexpr int kRun = 16 / int(sizeof(T)), kRuns = (kElements - 1) / (kRun * kThreads) + 1;
  const int32_t begin = tile.dst_shift;
  const int32_t end = begin + tile.planes * tile.slices * tile.rows * int32_t(args.axis[2].dst);
  // Whole runs in the middle; before and behind them at most 30 elements, a thread each.
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

// What a block does around its own work(tile, src, dst): the tile's input comes into src, what the
// work leaves in dst goes out. `Body` has T, kThreads, kElements, kTables (see held()) and kWithout
// (see barrier()); its own barriers are numbered from 2 on.
template <class Body, class Context, class Work>
POOLBENCH_DEVICE void with_tile(Context& ctx, const PoolArgs& args, const Stage& stage,
                                Work&& work) {
  using T = typename Body::T;
  Tile tile = tile_of<Body::kTables>(ctx, args, stage);
  const auto src = ctx.template shared<T, Body::kElements, 0>();
  const auto dst = ctx.template shared<T, Body::kElements, 1>();
  load_tile<T, Body::kThreads, Body::kElements>(ctx, args, stage, tile, src);
  barrier<0, Body::kWithout>(ctx);
  work(tile, src, dst);
  barrier<1, Body::kWithout>(ctx);
  store_tile<T, Body::kThreads, Body::kElements>(ctx, args, tile, dst);
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_STAGE_CUH_
