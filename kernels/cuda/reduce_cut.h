// How `reduce` cuts a problem into blocks. Reads shapes alone: a problem's sums are the same on
// every device.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_CUT_H_
#define POOLBENCH_KERNELS_CUDA_REDUCE_CUT_H_

#include "kernels/cuda/launch.h"
#include "kernels/family.h"
#include "kernels/reduce.h"

namespace poolbench {

struct ReduceCut {
  // Channels first: threads of a plane, a warp's or a block's. Channels last: threads of a block
  // that stand side by side over the channels; the others take the next positions.
  int32_t lanes;
  int32_t unit;           // elements of one load: 16 bytes, or one element of odd channels
  int64_t pieces, piece;  // of a plane, and their elements or positions
};

constexpr int32_t kReduceThreads = 256;
constexpr int64_t kWarpPlaneBytes = 8192;  // planes up to this size get a warp
// A piece is worth a second pass: it reads 16 KiB, or makes 16 bytes of 256 positions at least.
constexpr int64_t kPieceBytes = 16384, kPiecePositions = 256;

inline ReduceCut reduce_cut(const Shapes& args) {
  const int64_t size = src_plane_size(args), bytes = dtype_bytes(DType(args.dtype));
  const int32_t run = int32_t(16 / bytes);
  ReduceCut cut{32, run, 1, size};
  int64_t blocks = args.n * args.c, least = kPieceBytes / bytes, multiple = run;
  if (Layout(args.layout) == Layout::kChannelsFirst) {
    if (size * bytes <= kWarpPlaneBytes) return cut;
    cut.lanes = kReduceThreads;
  } else {
    if (args.c % run != 0) cut.unit = 1;
    const int64_t units = args.c / cut.unit, line = 128 / (cut.unit * bytes);
    const auto groups = [&] { return args.n * ceil_div(units, cut.lanes); };
    while (cut.lanes / 2 >= units && cut.lanes > 1) cut.lanes /= 2;
    while (cut.lanes > line && groups() < kEnoughBlocks) cut.lanes /= 2;
    blocks = groups();
    least = kPiecePositions;
    multiple = 1;
  }
  if (blocks == 0 || blocks >= kEnoughBlocks || size < 2 * least) return cut;
  const int64_t wanted = ceil_div(kWantedBlocks, blocks), most = size / least;
  const int64_t pieces = wanted < most ? wanted : most;
  cut.piece = ceil_div(ceil_div(size, pieces), multiple) * multiple;
  cut.pieces = ceil_div(size, cut.piece);
  return cut;
}

// Of the pieces' results.
inline int64_t reduce_scratch_bytes(const PoolArgs& args) {
  const int64_t pieces = reduce_cut(args).pieces;
  int64_t bytes = 0;
  dispatch_reduction<kPlainTypes>(
      args, [&](auto tag) { bytes = int64_t(sizeof(typename decltype(tag)::type)); });
  return pieces == 1 ? 0 : args.n * args.c * pieces * bytes;
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_CUT_H_
