// strip: channels first, values only, windows known to the compiler. A thread makes 16 bytes of
// outputs side by side, in two rows where windows overlap. It loads whole 16-byte runs of the input
// rows below them, one element to the left and right where the window reaches out, combines rows
// first and columns after, all in registers. What lies outside the input is a value that changes
// nothing, so no branch depends on the place. Bound by memory for 2x2; by the issue of instructions
// for 3x3 in 16 bits and less.
#ifndef POOLBENCH_KERNELS_CUDA_STRIP_CUH_
#define POOLBENCH_KERNELS_CUDA_STRIP_CUH_

#include "kernels/cuda/family.h"
#include "kernels/cuda/windows.cuh"
#include "kernels/cuda/words.h"
#include "kernels/reduce.h"

namespace poolbench {

// Part of an input row: `kRuns` runs of 16 bytes and the elements beside them.
template <class T, int kRuns>
struct StripRow {
  Words run[kRuns];
  T left, right;
};

// Lane i of the result is column a + i * kStride, counted in elements from word 0. All the choices
// are made by the compiler once the caller's loop is unrolled.
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

// Maxima of columns, lanes packed. The word in front holds `left` in its last lane, the word behind
// `right` in its first.
template <class T, int kRuns>
struct MaxColumns {
  static constexpr bool kIntegers = true;
  static constexpr int kWords = 4 * kRuns;
  MaxLanes<T> column[1 + kWords + 1];

  POOLBENCH_DEVICE static uint32_t nothing() { return lowest_word<T>(); }
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
      MaxLanes<T> best;
      POOLBENCH_UNROLL
      for (int tap = 0; tap < kKernel; ++tap) best.add(gather<T, kStride>(word, first + tap));
      out.w[i] = best.word();
    }
    return out;
  }
};

// Sums of columns: at most kMaxPlainTerms taps a window.
template <class T, int kRuns, class Rule>
struct SumColumns {
  static constexpr bool kIntegers = !kLpRule<Rule>;
  static constexpr int kCount = 16 / int(sizeof(T));
  static constexpr int kColumns = kCount * kRuns;
  using Run = Pack<T, kCount>;
  Compute<T> sum[1 + kColumns + 1] = {};

  POOLBENCH_DEVICE static uint32_t nothing() { return 0; }
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
using AverageColumns = SumColumns<T, kRuns, Mean<T>>;
template <class T, int kRuns>
using Norm2Columns = SumColumns<T, kRuns, Norm2<T>>;

struct StripParams {
  PoolArgs args;
  FastDivisor tiles_w, tiles_h, d;
  uint32_t items;
  int32_t store_bytes;  // what every output row is aligned to, up to 16
  Counted counted;
};

template <class T, class Columns, int kShape>
struct StripBody {
  using Params = StripParams;
  static constexpr const char* kName = "strip";
  static constexpr int kThreads = 128;
  static constexpr bool kCooperative = false;
  static constexpr StripShape kS = kStripShapes[kShape];
  static constexpr int kCount = 16 / int(sizeof(T));  // outputs of a row, elements of a run
  static constexpr int kRuns = kS.stride;
  static constexpr int kRows = kS.rows();
  static constexpr int kSrcRows = (kRows - 1) * kS.stride + kS.kernel_h;
  static constexpr bool kLeft = kS.pad > 0, kRight = kS.kernel_w - kS.pad > kS.stride;
  static_assert(kS.pad <= 1 && kS.kernel_w - kS.pad - kS.stride <= 1);

  template <class Context>
  POOLBENCH_DEVICE static void run(Context& ctx, const Params& params) {
    const PoolArgs& args = params.args;
    const int64_t item = ctx.block() * kThreads + ctx.thread();
    if (item >= params.items) return;
    uint32_t tile = uint32_t(item);
    uint32_t row_tile = params.tiles_w.split(tile);
    uint32_t slice = params.tiles_h.split(row_tile);
    uint32_t od = slice;
    const int64_t plane = params.d.split(od);
    const int32_t ow = int32_t(tile) * kCount, oh = int32_t(row_tile) * kRows;
    const int32_t column = ow * kS.stride;
    const int32_t h0 = oh * int32_t(args.axis[1].stride) - int32_t(args.axis[1].pad_begin);
    const int32_t d0 = int32_t(od) * int32_t(args.axis[0].stride) - int32_t(args.axis[0].pad_begin);
    const auto* src = static_cast<const T*>(args.src) + plane * src_plane_size(args) + column;

    Columns columns[kRows];
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

    const Divisor given(Columns::given(args));
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
    const T nothing = lane<T>(Columns::nothing(), 0);
    StripRow<T, kRuns> loaded;
    POOLBENCH_UNROLL
    for (int i = 0; i < kRuns; ++i)
      loaded.run[i] = inside && column + i * kCount < width
                          ? ctx.load(reinterpret_cast<const Words*>(row) + i)
                          : all_words(Columns::nothing());
    loaded.left = kLeft && inside && column > 0 ? ctx.load(row - 1) : nothing;
    loaded.right = kRight && inside && column + kRuns * kCount < width
                       ? ctx.load(row + kRuns * kCount)
                       : nothing;
    return loaded;
  }

  // The first `left` of the outputs, in the widest stores that the rows are aligned to.
  template <class Context>
  POOLBENCH_DEVICE static void store_row(Context& ctx, const Params& params, T* to, int32_t left,
                                         const Words& out) {
    if (params.store_bytes == 16) {
      ctx.store(reinterpret_cast<Words*>(to), out);
    } else if (params.store_bytes == 8) {
      using Half = Pack<uint32_t, 2>;
      ctx.store(reinterpret_cast<Half*>(to), Half{{out.w[0], out.w[1]}});
      if (left > kCount / 2) ctx.store(reinterpret_cast<Half*>(to) + 1, Half{{out.w[2], out.w[3]}});
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

template <class T, template <class, int> class Columns, int kShape, class Launch>
void launch_strip_body(const PoolArgs& args, void* stream) {
  using Body = StripBody<T, Columns<T, kStripShapes[kShape].stride>, kShape>;
  const int64_t tiles_w = ceil_div(args.axis[2].dst, Body::kCount);
  const int64_t tiles_h = ceil_div(args.axis[1].dst, Body::kRows);
  const int64_t items = args.n * args.c * args.axis[0].dst * tiles_h * tiles_w;
  if (items == 0) return;
  StripParams params{args,
                     FastDivisor(tiles_w),
                     FastDivisor(tiles_h),
                     FastDivisor(args.axis[0].dst),
                     uint32_t(items),
                     16,
                     Counted(args)};
  while (args.axis[2].dst * int64_t(sizeof(T)) % params.store_bytes != 0) params.store_bytes /= 2;
  Launch::template launch<Body>(args, params, blocks_for(items, Body::kThreads), stream);
}

template <template <class, int> class Columns, class Launch>
void launch_strip_columns(const PoolArgs& args, void* stream) {
  dispatch<kPlainTypes>(DType(args.dtype), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (sizeof(T) <= 4 && !std::is_same_v<T, int32_t> &&
                  (Columns<T, 1>::kIntegers || !std::is_integral_v<T>)) {
      const int shape = strip_shape(args);
      [&]<int... kShape>(std::integer_sequence<int, kShape...>) {
        ((shape == kShape ? launch_strip_body<T, Columns, kShape, Launch>(args, stream) : void()),
         ...);
      }
      (std::make_integer_sequence<int, int(std::size(kStripShapes))>());
    }
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_STRIP_CUH_
