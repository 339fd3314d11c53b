// Global pooling: one output a plane.
//
// Channels first, a thread takes an even share of the planes and reads each as one run, four
// vectors a step (small planes a vector's lanes at a time, few large ones in parts); channels last,
// of the blocks of channels of an image, whose pixels it walks (pixels.h). Sums are made in two
// levels: plainly over a chunk, then over chunks without rounding errors that grow (in double over
// a plane; with the errors carried along over pixels; i8 and u8 exactly). Bound by memory; with
// planes of few vectors by what it costs to fold a vector into one number.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/pixels.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// 32 additions, or as many as 16 bits hold of four vectors' bytes.
constexpr int64_t kChunk = 32;
constexpr int64_t kMaxParts = 256;  // of a plane that several threads share

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

// What a run of elements comes to before its division and rounding.
template <class Op>
using Part = std::conditional_t<Op::kSum, double, typename Op::Work>;

// `count` adjacent elements, in order from the first whole vector's address on: loads across cache
// lines cost twice (480x33x33 f32 in L2: 19 us before, 16 now; Xeon, 2 threads, 2026-11-23).
template <class Op>
POOLBENCH_INLINE Part<Op> reduce_run(const Op& op, const typename Op::Element* at, int64_t count) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  constexpr int64_t kBytes = sizeof(typename Op::E);
  const int64_t before = -reinterpret_cast<intptr_t>(at) & (kBytes - 1);
  int64_t i = least(before / int64_t(sizeof(*at)), count);
  V all = op.load_part(at, Lanes(0, i));
  Total total;
  while (i + 4 * N <= count) {
    V v[4];
    for (int j = 0; j < 4; ++j) v[j] = op.load(at + i + j * N);
    i += 4 * N;
    for (int64_t end = least(i + (kChunk - 1) * 4 * N, count); i + 4 * N <= end; i += 4 * N)
      for (int j = 0; j < 4; ++j) v[j] = Op::combine(op.load(at + i + j * N), v[j]);
    const V chunk = Op::combine(Op::combine(v[0], v[1]), Op::combine(v[2], v[3]));
    if constexpr (Op::kSum)
      total.add(double(fold<Op>(chunk)));
    else
      all = Op::combine(chunk, all);
  }
  for (; i + N <= count; i += N) all = Op::combine(op.load(at + i), all);
  if (i < count) all = Op::combine(op.load_part(at + i, Lanes(0, count - i)), all);
  if constexpr (Op::kSum) {
    total.add(double(fold<Op>(all)));
    return total.value();
  } else {
    return fold<Op>(all);
  }
}

template <class Op>
POOLBENCH_INLINE typename Op::Element finish_part(const Op& op, Part<Op> part, int64_t count) {
  if constexpr (Op::kSum)
    return op.finish_total(part, count);
  else
    return op.finish(broadcast<typename Op::V>(part))[0];
}

// Planes so small that folding a vector into one number costs as much as reading them: as many as
// a vector has lanes are folded together, by halves, which leaves them in their order.
template <class Op>
POOLBENCH_INLINE void reduce_small_planes(const Op& op, const typename Op::Element* src,
                                          typename Op::Element* dst, int64_t planes, int64_t size,
                                          RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  const Lanes rest(0, size % N);
  for (int64_t plane = 0; plane < planes; plane += N, dst += N) {
    const int64_t lanes = least(planes - plane, N);
    V v[N];
    for (int64_t p = 0; p < lanes; ++p, src += size) {
      v[p] = op.load_part(src + size - size % N, rest);
      for (int64_t i = 0; i + N <= size; i += N) v[p] = Op::combine(op.load(src + i), v[p]);
    }
    for (int64_t p = lanes; p < N; ++p) v[p] = Op::fill();
    for (int64_t left = N / 2; left > 0; left /= 2)
      for (int64_t p = 0; p < left; ++p)
        v[p] = Op::combine(every_second<0>(v[2 * p], v[2 * p + 1]),
                           every_second<1>(v[2 * p], v[2 * p + 1]));
    store_some(dst, op.finish(v[0], scale, int(lanes)), int(lanes));
  }
}

// Whether so many elements may be summed up plainly, lane by lane and then across the lanes.
template <class Op>
bool is_small(int64_t size) {
  if (Op::kSum && sizeof(typename Op::Work) == 2) return size <= kMaxIntegerTaps;
  return size <= kChunk * Op::N;
}

// Channels first.
template <class Op>
void pool_runs(const Op& op, const typename Op::Element* src, typename Op::Element* dst,
               const Shape& shape, int64_t count) {
  const int64_t size = shape.src_size, bytes = bytes_moved<Op>(shape);
  if (is_small<Op>(size))
    return share(shape.planes, bytes, [&](int64_t begin, int64_t end) {
      reduce_small_planes(op, src + begin * size, dst + begin, end - begin, size,
                          op.row_scale(count, 1));
    });
  const int64_t threads = least(omp_get_max_threads(), kMaxParts);
  if (shape.planes >= threads)
    return share(shape.planes, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        dst[plane] = finish_part(op, reduce_run(op, src + plane * size, size), count);
    });
  // Fewer planes than threads: each plane is cut.
  Part<Op> part[kMaxParts];
  const auto cut = [&](int64_t t) { return size / threads * t + least(size % threads, t); };
  for (int64_t plane = 0; plane < shape.planes; ++plane) {
    const auto* at = src + plane * size;
    share(threads, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        part[t] = reduce_run(op, at + cut(t), cut(t + 1) - cut(t));
    });
    if constexpr (Op::kSum) {
      Total total;
      for (int64_t t = 0; t < threads; ++t) total.add(part[t]);
      dst[plane] = finish_part(op, total.value(), count);
    } else {
      for (int64_t t = 1; t < threads; ++t) part[0] = Op::combine_one(part[t], part[0]);
      dst[plane] = finish_part(op, part[0], count);
    }
  }
}

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  constexpr int64_t N = Op::N;
  const Shape shape = shape_of(args);
  const auto* src = static_cast<const typename Op::Element*>(args.src);
  auto* dst = static_cast<typename Op::Element*>(args.dst);
  int64_t count = 1;
  for (const Axis& axis : args.axis) count *= axis.windows[0].count;
  if (shape.unit == 1) return pool_runs(op, src, dst, shape, count);
  // Parts of the channels: few enough that their sums stay in L1, as many as all threads need, two
  // vectors at least.
  const int64_t channels = shape.unit, vectors = (channels + N - 1) / N;
  int64_t parts = (vectors + kPixelVectors - 1) / kPixelVectors;
  while (2 * parts <= vectors / 2 && shape.planes * parts < omp_get_max_threads()) parts *= 2;
  share(shape.planes * parts, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t image = unit / parts, which = unit % parts;
      const int64_t from = vectors * which / parts * N;
      const int64_t to = least(vectors * (which + 1) / parts * N, channels);
      const int64_t first = most(least(from, channels - N), 0);
      PixelSums<Op> sums(op, to - first);
      sums.add(src + image * shape.src_size + first, shape.src_size / channels, channels);
      sums.store(dst + image * channels + first, count);
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
