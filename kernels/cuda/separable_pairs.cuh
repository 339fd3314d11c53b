// separable, two elements a word: extremes of 16-bit floats and of bytes whose windows move by one
// on h and w. The same passes (slide() in parts.cuh) over half as many words: rows in pairs first,
// half a tile apart, then neighbouring columns in pairs. In between, a row's extremes are 16-bit
// keys.
//
// Instruction-bound. Counted as for separable.cuh, maxima:
//
//   instructions an output    counted   bandwidth leaves time for
//   f16 13x13 s1, 13x13       39        28
//   i8 13x13 s1, 13x13        36        14
//   f16 9x9 s1, 19x19         55        28   each row is three groups
//   i8 9x9 s1, 19x19          54        14
//
// Some 8 of them a thread spends once a block: blocks have 128 threads, where 256 take 5 more.
#ifndef POOLBENCH_KERNELS_CUDA_SEPARABLE_PAIRS_CUH_
#define POOLBENCH_KERNELS_CUDA_SEPARABLE_PAIRS_CUH_

#include "kernels/cuda/parts.cuh"
#include "kernels/cuda/separable.h"
#include "kernels/cuda/tile.cuh"

namespace poolbench::POOLBENCH_CUDA_SIDE {

constexpr int kPairPartBytes = 4;  // a key and half a tail

struct PairsParams {
  PoolArgs args;
  Tiling tiling;
  FastDivisor pairs, slices;  // of columns; a tile's slices
};

template <class Type, class Order, int kLeftOut = -1>
struct PairsBody {
  using Params = PairsParams;
  using T = Type;
  static constexpr const char* kName = "separable";
  static constexpr int kThreads = 128, kBlocks = 6;
  static constexpr bool kCooperative = true, kTables = false;
  static constexpr int kWithout = kLeftOut;
  static constexpr int kElements = tile_elements(sizeof(T), kPairPartBytes);
  static constexpr int kBytes = int(sizeof(T)), kKeyBytes = 2, kPairBytes = 4;
  using Parts = PairParts<T, Order>;

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    // The keys of rows, then the tails, which are words.
    const auto mid = ctx.template shared<uint16_t, 2 * kElements, 2>();
    const auto work = [&](const Tile& tile, auto src, auto dst) {
      rows(ctx, params, tile, src, mid);
      barrier<2, kLeftOut>(ctx);
      columns(ctx, params, tile, mid, dst);
    };
    with_tile<PairsBody>(ctx, params.args, params.tiling, work);
  }

  template <class Context, class Src, class Mid>
  POOLBENCH_DEVICE static void rows(Context& ctx, const Params& params, const Tile& tile,
                                    const Src& src, const Mid& mid) {
    const Axis& w = params.args.axis[2];
    const int32_t width = int32_t(w.src), outputs = int32_t(w.dst), kernel = int32_t(w.kernel);
    const int32_t pad = int32_t(w.pad_begin), keys = 2 * int32_t(params.pairs.divisor);
    const int32_t rows = tile.planes * tile.src_slices * tile.src_rows, half = (rows + 1) / 2;
    for (int32_t first = 0; first < outputs; first += kernel)
      for (int32_t low = ctx.thread(); low < half; low += kThreads) {
        const int32_t high = low + half < rows ? low + half : low;
        const Line from{kBytes * (tile.shift + low * width - pad), kBytes};
        const Line to{kKeyBytes * low * keys, kKeyBytes};
        // An odd number of words: no bank conflicts between the threads of a warp.
        const Line tails{kKeyBytes * (kElements + 2 * low * (outputs | 1)), kPairBytes};
        const int32_t src_apart = kBytes * (high - low) * width;
        const int32_t keys_apart = kKeyBytes * (high - low) * keys;
        slide(
            Parts(), first, outputs, kernel, pad, pad + width, from, tails, to,
            [&](int32_t at) { return Parts::of(src.at_byte(at), src.at_byte(at + src_apart)); },
            [&](int32_t at, uint32_t pair) { mid.template set_byte<uint32_t>(at, pair); },
            [&](int32_t at) { return mid.template at_byte<uint32_t>(at); },
            [&](int32_t at, int32_t, uint32_t pair) {
              mid.set_byte(at, uint16_t(pair));
              mid.set_byte(at + keys_apart, uint16_t(pair >> 16));
            });
        if (outputs % 2 != 0) {  // defines the last pair's other lane
          mid.set_byte(to.at(outputs), 0);
          mid.set_byte(to.at(outputs) + keys_apart, 0);
        }
      }
  }

  // A thread takes two columns, and keeps parts where it has read their rows.
  template <class Context, class Mid, class Dst>
  POOLBENCH_DEVICE static void columns(Context& ctx, const Params& params, const Tile& tile,
                                       const Mid& mid, const Dst& dst) {
    const Axis& h = params.args.axis[1];
    const int32_t outputs = int32_t(params.args.axis[2].dst), kernel = int32_t(h.kernel);
    const int32_t pairs = int32_t(params.pairs.divisor);
    const int32_t begin = tile.src_h - tile.oh + int32_t(h.pad_begin);
    const int32_t items = tile.planes * tile.slices * pairs;
    for (int32_t item = ctx.thread(); item < items; item += kThreads) {
      uint32_t rest = uint32_t(item);
      const int32_t ow = 2 * int32_t(peel(rest, params.pairs));
      const int32_t od = int32_t(peel(rest, params.slices)), p = int32_t(rest);
      const int32_t slice = p * tile.src_slices + tile.od + od - tile.src_d;
      const bool both = ow + 1 < outputs;
      // Output o's window begins in row o - begin of those held, and its part is kept there.
      const int32_t pitch = kPairBytes * pairs;
      const Line column{pitch * (slice * tile.src_rows - begin) + kKeyBytes * ow, pitch};
      const Line to{kBytes * (tile.output_at(p, od, 0, outputs) + ow), kBytes * outputs};
      for (int32_t first = 0; first < tile.rows; first += kernel)
        slide(
            Parts(), first, tile.rows, kernel, begin, begin + tile.src_rows, column, column, to,
            [&](int32_t at) { return mid.template at_byte<uint32_t>(at); },
            [&](int32_t at, uint32_t part) { mid.template set_byte<uint32_t>(at, part); },
            [&](int32_t at) { return mid.template at_byte<uint32_t>(at); },
            [&](int32_t at, int32_t, uint32_t part) {
              dst.set_byte(at, Parts::value(part, 0));
              if (both) dst.set_byte(at + kBytes, Parts::value(part, 1));
            });
    }
  }
};

inline PairsParams pairs_params(const PoolArgs& args) {
  const TileCut cut = tile_cut(args, dtype_bytes(DType(args.dtype)), kPairPartBytes);
  return {.args = args,
          .tiling = Tiling(args, cut),
          .pairs = fast_divisor(ceil_div(args.axis[2].dst, 2)),
          .slices = fast_divisor(cut.slices)};
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_SEPARABLE_PAIRS_CUH_
