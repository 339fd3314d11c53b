// Global pooling: one output a plane.
//
// Channels first, a thread takes an even share of the planes and reads each as one run, four
// vectors a step; channels last, of the blocks of channels of an image, whose pixels it walks. Sums
// are made in two levels: plainly over a chunk, then over chunks without rounding errors that grow
// (in double over a plane; with the errors carried along over pixels; i8 and u8 exactly). Bound by
// memory; with planes of few vectors by what it costs to fold a vector into one number.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// 32 additions, or as many as 16 bits hold of four vectors' bytes.
constexpr int64_t kChunk = 32;

template <class Op, class X>
POOLBENCH_INLINE X combine_lanes(X a, X b) {
  if constexpr (Op::kSum)
    return a + b;
  else
    return max(a, b);
}

// All lanes as one. Sums of bytes are widened first.
template <class Op, class X>
POOLBENCH_INLINE auto fold(X v) {
  constexpr int N = kLanesOf<X>;
  if constexpr (sizeof(Lane<X>) == 2 && Op::kSum) {
    using Half = Vec<int16_t, N / 2>;
    using Wide = Vec<int32_t, N / 2>;
    Half half[2];
    __builtin_memcpy(half, &v, sizeof(v));
    return fold<Op>(__builtin_convertvector(half[0], Wide) +
                    __builtin_convertvector(half[1], Wide));
  } else if constexpr (N == 1) {
    return v[0];
  } else if constexpr (sizeof(X) <= 16 && N <= 4) {
    auto result = v[0];
    for (int i = 1; i < N; ++i) {
      const auto x = v[i];
      if constexpr (Op::kSum)
        result = result + x;
      else
        result = x > result || x != x ? x : result;
    }
    return result;
  } else {
    using Half = Vec<Lane<X>, N / 2>;
    Half half[2];
    __builtin_memcpy(half, &v, sizeof(v));
    return fold<Op>(combine_lanes<Op>(half[0], half[1]));
  }
}

// A sum of doubles whose error does not grow (as RunningSum of kernels/reduce.h).
struct Total {
  double sum = 0, lost = 0;
  POOLBENCH_INLINE void add(double v) {
    const double total = sum + v, seen = total - sum;
    lost += (sum - (total - seen)) + (v - seen);
    sum = total;
  }
  POOLBENCH_INLINE double value() const {
    const double corrected = sum + lost;
    return corrected != corrected ? sum : corrected;
  }
};

// `count` adjacent elements.
template <class Op>
POOLBENCH_INLINE typename Op::Element reduce_run(const Op& op, const typename Op::Element* at,
                                                 int64_t count, int64_t divisor_count) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  V all = Op::fill();
  Total total;
  int64_t i = 0;
  while (i + 4 * N <= count) {
    V v[4];
    for (int j = 0; j < 4; ++j) v[j] = op.load(at + i + j * N);
    i += 4 * N;
    for (int64_t end = least(i + (kChunk - 1) * 4 * N, count); i + 4 * N <= end; i += 4 * N)
      for (int j = 0; j < 4; ++j) v[j] = Op::combine(op.load(at + i + j * N), v[j]);
    const V chunk = Op::combine(Op::combine(v[0], v[1]), Op::combine(v[2], v[3]));
    if constexpr (Op::kSum) {
      if (i + 4 * N > count) {  // the last: what is left is added below
        all = chunk;
        if (sizeof(typename Op::Work) == 2) {
          total.add(double(fold<Op>(all)));
          all = Op::fill();
        }
      } else {
        total.add(double(fold<Op>(chunk)));
      }
    } else {
      all = Op::combine(chunk, all);
    }
  }
  for (; i + N <= count; i += N) all = Op::combine(op.load(at + i), all);
  if (i < count) all = Op::combine(op.load_part(at + i, Lanes(0, count - i)), all);
  if constexpr (Op::kSum) {
    total.add(double(fold<Op>(all)));
    return op.finish_total(total.value(), divisor_count);
  } else {
    return op.finish(broadcast<V>(fold<Op>(all)))[0];
  }
}

// Lane by lane what Total is, for the vectors that chunks of pixels come to.
template <class Op>
struct Totals {
  static constexpr int N = Op::N;
  using V = typename Op::V;
  static constexpr bool kBytes = sizeof(typename Op::Work) == 2 && Op::kSum;
  using Half = Vec<int16_t, N / 2>;
  using Wide = std::conditional_t<kBytes, Vec<int32_t, N / 2>, V>;
  Wide sum[2], lost;

  POOLBENCH_INLINE void start() {
    if constexpr (kBytes)
      sum[0] = sum[1] = Wide{};
    else
      sum[0] = Op::fill();
    lost = Wide{};
  }
  POOLBENCH_INLINE void add(V v) {
    if constexpr (kBytes) {
      Half half[2];
      __builtin_memcpy(half, &v, sizeof(v));
      sum[0] += __builtin_convertvector(half[0], Wide);
      sum[1] += __builtin_convertvector(half[1], Wide);
    } else if constexpr (Op::kSum) {
      const V total = sum[0] + v, seen = total - sum[0];
      lost += (sum[0] - (total - seen)) + (v - seen);
      sum[0] = total;
    } else {
      sum[0] = Op::combine(v, sum[0]);
    }
  }
  POOLBENCH_INLINE void store(const Op& op, typename Op::Element* to, int lanes,
                              int64_t count) const {
    if constexpr (kBytes) {
      for (int i = 0; i < lanes; ++i)
        to[i] = op.finish_total(double(sum[i / (N / 2)][i % (N / 2)]), count);
    } else if constexpr (Op::kSum) {
      const V corrected = sum[0] + lost;
      const V value = corrected != corrected ? sum[0] : corrected;
      store_some(to, op.finish(value, op.row_scale(count, 1), lanes), lanes);
    } else {
      store_some(to, op.finish(sum[0]), lanes);
    }
  }
};

// `J` vectors of channels over all pixels of an image.
template <class Op, int J>
POOLBENCH_INLINE void reduce_pixels(const Op& op, const typename Op::Element* at, int64_t channels,
                                    int64_t pixels, int64_t count, typename Op::Element* to) {
  constexpr int64_t kPixels = Totals<Op>::kBytes ? kMaxIntegerTaps : kChunk;
  const int lanes = int(least(channels, Op::N));
  const Lanes part(0, lanes);
  Totals<Op> totals[J];
  for (int j = 0; j < J; ++j) totals[j].start();
  for (int64_t p = 0; p < pixels; p += kPixels) {
    typename Op::V v[J];
    for (int j = 0; j < J; ++j) v[j] = Op::fill();
    for (int64_t i = p; i < least(p + kPixels, pixels); ++i)
      for (int j = 0; j < J; ++j) {
        const auto* pixel = at + i * channels + j * Op::N;
        v[j] =
            Op::combine(J == 1 && lanes < Op::N ? op.load_part(pixel, part) : op.load(pixel), v[j]);
      }
    for (int j = 0; j < J; ++j) totals[j].add(v[j]);
  }
  for (int j = 0; j < J; ++j) totals[j].store(op, to + j * Op::N, lanes, count);
}

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  constexpr int64_t N = Op::N;
  const Shape shape = shape_of(args);
  const auto* src = static_cast<const typename Op::Element*>(args.src);
  auto* dst = static_cast<typename Op::Element*>(args.dst);
  int64_t count = 1;
  for (const Axis& axis : args.axis) count *= axis.windows[0].count;
  if (shape.unit == 1)
    return share(shape.planes, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        dst[plane] = reduce_run(op, src + plane * shape.src_size, shape.src_size, count);
    });
  // Blocks of four or two vectors while there are enough of them for all threads.
  const int64_t channels = shape.unit, pixels = shape.src_size / channels;
  int64_t size = 4 * N;
  while (size > N && shape.planes * (channels / size) < omp_get_max_threads()) size /= 2;
  const int64_t blocks = (channels + size - 1) / size;
  share(shape.planes * blocks, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t image = unit / blocks, from = unit % blocks * size;
      const auto* at = src + image * shape.src_size;
      auto* to = dst + image * channels;
      if (size > N && from + size <= channels) {
        if (size == 4 * N)
          reduce_pixels<Op, 4>(op, at + from, channels, pixels, count, to + from);
        else
          reduce_pixels<Op, 2>(op, at + from, channels, pixels, count, to + from);
        continue;
      }
      for (int64_t c = from; c < least(from + size, channels); c += N) {
        const int64_t first = most(least(c, channels - N), 0);
        reduce_pixels<Op, 1>(op, at + first, channels, pixels, count, to + first);
      }
    }
  });
}

}  // namespace

// Whether each plane has one output whose window is all of the plane.
static const char* one_window_why_not(const PoolArgs& args) {
  for (const Axis& axis : args.axis) {
    if (axis.dst != 1) return "it takes global windows alone";
    const auto windowing = Windowing(args.windowing);
    if (windowing == Windowing::kAdaptive || windowing == Windowing::kGlobal) continue;
    if (axis.kernel != axis.src || axis.dilation != 1 || axis.pad_begin != 0)
      return "it takes global windows alone";
  }
  return nullptr;
}

const char* whole_why_not(const PoolArgs& args) {
  if (const char* why_not = one_window_why_not(args)) return why_not;
  return op_why_not(args, true);
}

void whole_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace poolbench::POOLBENCH_ISA
