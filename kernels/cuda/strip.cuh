// strip: channels first, values only, windows known to the compiler.
//
// A thread makes 16 bytes of neighbouring outputs, in two rows where windows overlap. It loads
// whole 16-byte runs of the input rows below them, and one element to the left and right where the
// window extends there; reduces columns first and rows of columns after, all in registers.
// Positions outside the input hold the reduction's identity, so no branch depends on the position.
//
// Bandwidth-bound for 2x2; instruction-bound for 3x3 in 16 bits and less.
#ifndef POOLBENCH_KERNELS_CUDA_STRIP_CUH_
#define POOLBENCH_KERNELS_CUDA_STRIP_CUH_

#include "kernels/cuda/strip.h"
#include "kernels/cuda/windows.cuh"
#include "kernels/cuda/words.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

// Part of an input row: `kRuns` runs of 16 bytes and the elements beside them.
template <class T, int kRuns>
struct StripRow {
  Words run[kRuns];
  T left, right;
};

// Gathers columns a, a + kStride, ... into the lanes of a word, counted in elements from word 0.
// Every branch is a constant once the caller's loop is unrolled.
template <class T, int kStride>
POOLBENCH_DEVICE uint32_t gather(const uint32_t* word, int a) {
  if constexpr (sizeof(T) == 4) {
    return word[a];
  } else if constexpr (sizeof(T) == 2) {
    const int b = a + kStride;
    const uint32_t low = a % 2 == 0 ? 0x10 : 0x32, high = b % 2 == 0 ? 0x54 : 0x76;
    return byte_permute(word[a / 2], word[b / 2], high << 8 | low);
  } else {
    const int first = a / 4;
    if ((a + 3 * kStride) / 4 <= first + 1) {
      uint32_t selector = 0;
      POOLBENCH_UNROLL
      for (int i = 0; i < 4; ++i) selector |= uint32_t(a % 4 + i * kStride) << (4 * i);
      return byte_permute(word[first], word[(a + 3 * kStride) / 4],
                          (a + 3 * kStride) / 4 == first ? selector & 0x3333 : selector);
    }
    const int b = a + kStride, c = b + kStride, d = c + kStride;
    const uint32_t low = byte_permute(word[a / 4], word[b / 4], (b % 4 + 4) << 4 | a % 4);
    const uint32_t high = byte_permute(word[c / 4], word[d / 4], (d % 4 + 4) << 4 | c % 4);
    return byte_permute(low, high, 0x5410);
  }
}

// What the columns below a thread's outputs come to: add() takes an input row, finish() makes the
// outputs. identity() is a word of positions that change nothing.
template <class Form, int kRuns>
struct Columns;

// Extremes, all lanes of a word in one instruction. The word in front holds `left` in its last
// lane, the word behind `right` in its first.
template <class T, class Order, int kRuns>
struct Columns<Extreme<T, Order>, kRuns> {
  static constexpr int kWords = 4 * kRuns;
  BestLanes<Order, T> column[1 + kWords + 1];

  POOLBENCH_DEVICE static uint32_t identity() { return identity_word<Order, T>(); }
  POOLBENCH_DEVICE static float given(const Shapes&) { return 1; }
  POOLBENCH_DEVICE void add(const StripRow<T, kRuns>& row) {
    column[0].add(broadcast(row.left));
    POOLBENCH_UNROLL
    for (int i = 0; i < kWords; ++i) column[1 + i].add(row.run[i / 4].w[i % 4]);
    column[1 + kWords].add(broadcast(row.right));
  }
  template <int kKernel, int kStride, int kPad, class DivisorOf>
  POOLBENCH_DEVICE Words finish(DivisorOf&&) const {
    constexpr int kPerWord = kLanes<T>;
    uint32_t word[1 + kWords + 1];
    POOLBENCH_UNROLL
    for (int i = 0; i < kWords + 2; ++i) word[i] = column[i].word();
    Words out;
    POOLBENCH_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int first = kPerWord + i * kPerWord * kStride - kPad;
      BestLanes<Order, T> best;
      POOLBENCH_UNROLL
      for (int tap = 0; tap < kKernel; ++tap) best.add(gather<T, kStride>(word, first + tap));
      out.w[i] = best.word();
    }
    return out;
  }
};

// Sums by a rule (sums.h): at most kMaxPlainTerms taps a window.
template <class Rule, int kRuns>
struct SumColumns {
  using T = typename Rule::Type;
  static constexpr int kCount = 16 / int(sizeof(T));
  static constexpr int kColumns = kCount * kRuns;
  using Run = Pack<T, kCount>;
  Compute<T> sum[1 + kColumns + 1] = {};

  POOLBENCH_DEVICE static uint32_t identity() { return 0; }
  POOLBENCH_DEVICE static float given(const Shapes& args) { return Rule::given(args); }
  POOLBENCH_DEVICE void add(const StripRow<T, kRuns>& row) {
    sum[0] += Rule::term(row.left);
    POOLBENCH_UNROLL
    for (int i = 0; i < kRuns; ++i) {
      const Run run = bit_cast<Run>(row.run[i]);
      POOLBENCH_UNROLL
      for (int j = 0; j < kCount; ++j) sum[1 + i * kCount + j] += Rule::term(run.v[j]);
    }
    sum[1 + kColumns] += Rule::term(row.right);
  }
  template <int kKernel, int kStride, int kPad, class DivisorOf>
  POOLBENCH_DEVICE Words finish(DivisorOf&& divisor_of) const {
    Run out;
    POOLBENCH_UNROLL
    for (int i = 0; i < kCount; ++i) {
      Compute<T> total = sum[1 + i * kStride - kPad];
      POOLBENCH_UNROLL
      for (int tap = 1; tap < kKernel; ++tap) total += sum[1 + i * kStride - kPad + tap];
      out.v[i] = Rule::value(total, divisor_of(i));
    }
    return bit_cast<Words>(out);
  }
};
template <class T, int kRuns>
struct Columns<Mean<T>, kRuns> : SumColumns<Mean<T>, kRuns> {};
template <class T, int kRuns>
struct Columns<Norm2<T>, kRuns> : SumColumns<Norm2<T>, kRuns> {};

struct StripParams {
  PoolArgs args;
  FastDivisor tiles_w, tiles_h, d;
  uint32_t items;
  int32_t store_bytes;  // alignment of every output row, up to 16
  Counted counted;
};

template <class Form, int kShape>
struct StripBody {
  using Params = StripParams;
  using T = typename Form::Type;
  static constexpr const char* kName = "strip";
  static constexpr int kThreads = 128;
  static constexpr bool kCooperative = false;
  static constexpr StripShape kS = kStripShapes[kShape];
  static constexpr int kCount = 16 / int(sizeof(T));  // outputs of a row, elements of a run
  static constexpr int kRuns = kS.stride;
  static constexpr int kRows = kS.rows();
  using Below = Columns<Form, kRuns>;
  static constexpr int kSrcRows = (kRows - 1) * kS.stride + kS.kernel_h;
  static constexpr bool kLeft = kS.pad > 0, kRight = kS.kernel_w - kS.pad > kS.stride;
  static_assert(kS.pad <= 1 && kS.kernel_w - kS.pad - kS.stride <= 1);

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int64_t item = ctx.block() * kThreads + ctx.thread();
    if (item >= params.items) return;
    uint32_t rest = uint32_t(item);
    const int32_t ow = int32_t(peel(rest, params.tiles_w)) * kCount;
    const int32_t oh = int32_t(peel(rest, params.tiles_h)) * kRows;
    const uint32_t od = peel(rest, params.d);
    const int64_t plane = rest;
    const int32_t column = ow * kS.stride;
    const int32_t h0 = oh * int32_t(args.axis[1].stride) - int32_t(args.axis[1].pad_begin);
    const int32_t d0 = int32_t(od) * int32_t(args.axis[0].stride) - int32_t(args.axis[0].pad_begin);
    const auto* src = static_cast<const T*>(args.src) + plane * src_plane_size(args) + column;

    Below columns[kRows];
    for (int32_t i = 0; i < args.axis[0].kernel; ++i) {
      if (d0 + i < 0 || d0 + i >= args.axis[0].src) continue;
      StripRow<T, kRuns> rows[kSrcRows];
      POOLBENCH_UNROLL
      for (int j = 0; j < kSrcRows; ++j) rows[j] = load_row(ctx, args, src, column, d0 + i, h0 + j);
      POOLBENCH_UNROLL
      for (int j = 0; j < kSrcRows; ++j) POOLBENCH_UNROLL
      for (int r = 0; r < kRows; ++r)
        if (j >= r * kS.stride && j < r * kS.stride + kS.kernel_h) columns[r].add(rows[j]);
    }

    const Divisor given(Below::given(args));
    const int32_t count_d = params.counted.of(0, d0, int32_t(args.axis[0].kernel));
    POOLBENCH_UNROLL
    for (int r = 0; r < kRows; ++r) {
      if (oh + r >= args.axis[1].dst) break;
      const int32_t count = count_d * params.counted.of(1, h0 + r * kS.stride, kS.kernel_h);
      const Words out = columns[r].template finish<kS.kernel_w, kS.stride, kS.pad>([&](int i) {
        if (given.value != 0) return given;
        return params.counted.divisor(
            count * params.counted.of(2, column + i * kS.stride - kS.pad, kS.kernel_w));
      });
      const int64_t row = ((plane * args.axis[0].dst + od) * args.axis[1].dst + oh + r);
      store_row(ctx, params, static_cast<T*>(args.dst) + row * args.axis[2].dst + ow,
                int32_t(args.axis[2].dst) - ow, out);
    }
  }

  // `src` points at the thread's first column in row 0 of its plane.
  template <class Context>
  POOLBENCH_DEVICE static StripRow<T, kRuns> load_row(Context& ctx, const PoolArgs& args,
                                                      const T* src, int32_t column, int32_t d,
                                                      int32_t h) {
    const int32_t width = int32_t(args.axis[2].src);
    const bool inside = h >= 0 && h < args.axis[1].src;
    const T* row = src + int64_t(d * int32_t(args.axis[1].src) + h) * width;
    const T identity = lane<T>(Below::identity(), 0);
    StripRow<T, kRuns> loaded;
    POOLBENCH_UNROLL
    for (int i = 0; i < kRuns; ++i)
      loaded.run[i] = inside && column + i * kCount < width
                          ? ctx.load(reinterpret_cast<const Words*>(row) + i)
                          : all_words(Below::identity());
    loaded.left = kLeft && inside && column > 0 ? ctx.load(row - 1) : identity;
    loaded.right = kRight && inside && column + kRuns * kCount < width
                       ? ctx.load(row + kRuns * kCount)
                       : identity;
    return loaded;
  }

  // Stores the first `left` of the outputs, as widely as the rows are aligned.
  template <class Context>
  POOLBENCH_DEVICE static void store_row(Context& ctx, const Params& params, T* to, int32_t left,
                                         const Words& out) {
    if (params.store_bytes == 16) {
      ctx.store(reinterpret_cast<Words*>(to), out);
    } else if (params.store_bytes == 8) {
      using TwoWords = Pack<uint32_t, 2>;
      ctx.store(reinterpret_cast<TwoWords*>(to), TwoWords{{out.w[0], out.w[1]}});
      if (left > kCount / 2)
        ctx.store(reinterpret_cast<TwoWords*>(to) + 1, TwoWords{{out.w[2], out.w[3]}});
    } else if (params.store_bytes == 4) {
      POOLBENCH_UNROLL
      for (int i = 0; i < 4; ++i)
        if (i * kLanes<T> < left) ctx.store(reinterpret_cast<uint32_t*>(to) + i, out.w[i]);
    } else {
      POOLBENCH_UNROLL
      for (int i = 0; i < kCount; ++i)
        if (i < left) ctx.store(to + i, lane<T>(out.w[i / kLanes<T>], i % kLanes<T>));
    }
  }
};

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_STRIP_CUH_
