// reduce: what it takes, and how it cuts a problem into blocks. Reads shapes alone: a problem's
// sums are the same on every device.
#ifndef POOLBENCH_KERNELS_CUDA_REDUCE_H_
#define POOLBENCH_KERNELS_CUDA_REDUCE_H_

#include "kernels/cuda/sums.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

struct ReduceCut {
  // Channels first: threads of a plane, a warp or a block. Channels last: threads of a block side
  // by side over the channels; the others take the next positions.
  int32_t lanes;
  int32_t run;  // elements of one load: 16 bytes, or one where channels are not whole runs
  int64_t pieces, piece;  // pieces of a plane; elements (channels last: positions) of a piece
};

constexpr int32_t kReduceThreads = 256;
constexpr int64_t kWarpPlaneBytes = 8192;  // planes up to this size get a warp, others a block
// The least that is worth a second pass: 16 KiB of a plane, or 256 positions of 16 bytes.
constexpr int64_t kPieceBytes = 16384, kPiecePositions = 256;

inline ReduceCut reduce_cut(const Shapes& shapes) {
  const int64_t size = src_plane_size(shapes), bytes = dtype_bytes(DType(shapes.dtype));
  const int32_t run = int32_t(16 / bytes);
  ReduceCut cut{.lanes = 32, .run = run, .pieces = 1, .piece = size};
  int64_t blocks = shapes.n * shapes.c, least = kPieceBytes / bytes, multiple = run;
  if (Layout(shapes.layout) == Layout::kChannelsFirst) {
    if (size * bytes <= kWarpPlaneBytes) return cut;
    cut.lanes = kReduceThreads;
  } else {
    if (shapes.c % run != 0) cut.run = 1;
    const int64_t runs = shapes.c / cut.run, line = 128 / (cut.run * bytes);
    const auto groups = [&] { return shapes.n * ceil_div(runs, cut.lanes); };
    while (cut.lanes / 2 >= runs && cut.lanes > 1) cut.lanes /= 2;
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

inline constexpr Takes kReduceTakes = {.reductions = kEveryReduction,
                                       .windowings = kAnyWindows,
                                       .types = kPlainTypes,
                                       .operands = kValuesAndIndices};

// Bytes of the pieces' results.
inline int64_t reduce_scratch_bytes(const Shapes& shapes) {
  const int64_t pieces = reduce_cut(shapes).pieces;
  int64_t bytes = 0;
  dispatch_reduction<kReduceTakes.types>(
      shapes, [&](auto tag) { bytes = int64_t(sizeof(typename decltype(tag)::type)); });
  return pieces == 1 ? 0 : shapes.n * shapes.c * pieces * bytes;
}

inline Refusal reduce_refuses(const Shapes& shapes) {
  const bool sliding = Windowing(shapes.windowing) == Windowing::kSliding;
  constexpr const char* kWhole = "takes windows that are the whole plane";
  if (dst_plane_size(shapes) != 1) return {sliding ? Parameter::kKernel : Parameter::kOut, kWhole};
  for (const Axis& axis : shapes.axis)
    if (sliding && axis.kernel - axis.pad_begin < axis.src) return {Parameter::kKernel, kWhole};
  if (const Refusal refusal = refuse_integer_lp(shapes)) return refusal;
  if (shapes.n * shapes.c > kMaxItems) return {Parameter::kSrc, "takes up to 2^31 - 1 planes"};
  return {};
}

void launch_reduce(const PoolArgs& args, void* stream);

inline constexpr Kernel kReduce = {
    .name = "reduce",
    .summary = "whole planes: a warp, a block or several blocks each",
    .takes = kReduceTakes,
    .refuses = reduce_refuses,
    .launch = launch_reduce,
    .scratch_bytes = reduce_scratch_bytes};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_REDUCE_H_
