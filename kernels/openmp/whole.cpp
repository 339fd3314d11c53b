// Windows that are whole planes: global pooling, and windows on D that leave no pixel of H and W
// out.
//
// Channels first, a thread takes an even share of the planes and reads each as one run, four
// vectors a step (small planes a vector's lanes at a time, few large ones in parts); channels last,
// of the blocks of channels of an image, whose pixels it walks (pixels.h). Sums are made in two
// levels: plainly over a chunk, then over chunks without rounding errors that grow (in double over
// a plane; with the errors carried along over pixels; i8 and u8 exactly). Bound by memory; with
// planes of few vectors by what it costs to fold a vector into one number.
#include "kernels/openmp/fold.h"
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/pixels.h"

namespace poolbench::POOLBENCH_ISA {
namespace {

// 32 additions, or as many as 16 bits hold of four vectors' bytes.
constexpr int64_t kChunk = 32;
constexpr int64_t kMaxParts = 256;  // of a run that several threads share
constexpr int64_t kCutPixels =
    256;  // from so many on it is pixels that threads share, else channels
constexpr int64_t kMaxPieces = 16;  // the same of pixels, whose sums are larger

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
  const auto load = [&](const auto* from) {
    ask_to_load(from);
    return op.load(from);
  };
  int64_t i = least(before / int64_t(sizeof(*at)), count);
  V all = op.load_part(at, Lanes(0, i));
  Total total;
  while (i + 4 * N <= count) {
    V v[4];
    for (int j = 0; j < 4; ++j) v[j] = load(at + i + j * N);
    i += 4 * N;
    for (int64_t end = least(i + (kChunk - 1) * 4 * N, count); i + 4 * N <= end; i += 4 * N)
      for (int j = 0; j < 4; ++j) v[j] = Op::combine(load(at + i + j * N), v[j]);
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

// The windows, each a run of `size` elements: one a plane, or `steps` of them `step` apart.
template <class Op>
struct Runs {
  const typename Op::Element* src;
  typename Op::Element* dst;
  int64_t count, size, steps, step, plane;

  Runs(const PoolArgs& args, const Shape& shape)
      : src(static_cast<const typename Op::Element*>(args.src)),
        dst(static_cast<typename Op::Element*>(args.dst)),
        count(shape.planes * args.axis[0].dst),
        steps(args.axis[0].dst),
        plane(shape.src_size) {
    const Axis& d = args.axis[0];
    const int64_t slice = plane / d.src;
    size = (args.table[0].windows[0].end - args.table[0].windows[0].begin) * slice;
    step = d.stride * slice;
  }
  const typename Op::Element* at(int64_t i) const {
    return steps == 1 ? src + i * plane : src + i / steps * plane + i % steps * step;
  }
};

// Runs so small that folding a vector into one number costs as much as reading them: as many as
// a vector has lanes are folded together, by halves, which leaves them in their order.
template <class Op>
POOLBENCH_INLINE void reduce_small_runs(const Op& op, const Runs<Op>& runs, int64_t begin,
                                        int64_t end, RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  const int64_t size = runs.size;
  const Lanes rest(0, size % N);
  for (int64_t run = begin; run < end; run += N) {
    const int64_t lanes = least(end - run, N);
    V v[N];
    for (int64_t p = 0; p < lanes; ++p) {
      const auto* src = runs.at(run + p);
      ask_to_load(src + size - size % N);
      V all = op.load_part(src + size - size % N, rest);  // v[p] stays in memory: 3 times as slow
      for (int64_t i = 0; i + N <= size; i += N) {
        ask_to_load(src + i);
        all = Op::combine(op.load(src + i), all);
      }
      v[p] = all;
    }
    for (int64_t p = lanes; p < N; ++p) v[p] = Op::fill();
    const V all = fold_by_halves<Op, N>([&](int p) { return v[p]; });
    store_some(runs.dst + run, op.finish(all, scale, int(lanes)), int(lanes));
  }
}

// Whether so many elements may be summed up plainly, lane by lane and then across the lanes.
template <class Op>
bool is_small(int64_t size) {
  if (Op::kSum && sizeof(typename Op::Work) == 2) return size <= kMaxIntegerTaps;
  constexpr int64_t kFolds = 6;
  return size <= (kMaxTerms - kFolds) * Op::N;
}

// Whether so many units keep all threads busy to the end.
inline bool even(int64_t units, int64_t threads) {
  return units % threads == 0 || units >= 8 * threads;
}

// Channels first.
template <class Op>
void pool_runs(const Op& op, const Runs<Op>& runs, int64_t bytes, int64_t count) {
  if (is_small<Op>(runs.size))
    return share(runs.count, bytes, [&](int64_t begin, int64_t end) {
      reduce_small_runs(op, runs, begin, end, op.row_scale(count, 1));
    });
  const int64_t threads = least(omp_get_max_threads(), kMaxParts);
  if (even(runs.count, threads))
    return share(runs.count, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        runs.dst[i] = finish_part(op, reduce_run(op, runs.at(i), runs.size), count);
    });
  // Few runs: each is cut.
  Part<Op> part[kMaxParts];
  for (int64_t i = 0; i < runs.count; ++i) {
    share(threads, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t from = runs.size * t / threads, to = runs.size * (t + 1) / threads;
        part[t] = reduce_run(op, runs.at(i) + from, to - from);
      }
    });
    if constexpr (Op::kSum) {
      Total total;
      for (int64_t t = 0; t < threads; ++t) total.add(part[t]);
      part[0] = total.value();
    } else {
      for (int64_t t = 1; t < threads; ++t) part[0] = Op::combine_one(part[t], part[0]);
    }
    runs.dst[i] = finish_part(op, part[0], count);
  }
}

// Channels last: every run in parts of the channels whose sums stay in L1.
template <class Op>
void pool_pixels(const Op& op, const Runs<Op>& runs, int64_t channels, int64_t bytes,
                 int64_t count) {
  constexpr int64_t N = Op::N;
  const int64_t vectors = (channels + N - 1) / N, pixels = runs.size / channels;
  const int64_t threads = least(omp_get_max_threads(), kMaxPieces);
  int64_t parts = (vectors + kPixelVectors - 1) / kPixelVectors;
  const bool cut = !even(runs.count * parts, threads) && pixels >= kCutPixels;
  while (!cut && !even(runs.count * parts, threads) && 2 * parts <= vectors / 4) parts *= 2;
  struct Unit {
    int64_t run, first, channels;
  };
  const auto unit_of = [&](int64_t i) {
    const int64_t from = vectors * (i % parts) / parts * N;
    const int64_t to = least(vectors * (i % parts + 1) / parts * N, channels);
    const int64_t first = most(least(from, channels - N), 0);
    return Unit{i / parts, first, to - first};
  };
  const int64_t units = runs.count * parts;
  if (!cut)
    return share(units, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Unit unit = unit_of(i);
        PixelSums<Op> sums(op, unit.channels);
        sums.add(runs.at(unit.run) + unit.first, pixels, channels);
        sums.store(runs.dst + unit.run * channels + unit.first, count);
      }
    });
  // Few units of many pixels: the pixels of each are cut.
  Totals<Op> totals[kMaxPieces][kPixelVectors];
  for (int64_t i = 0; i < units; ++i) {
    const Unit unit = unit_of(i);
    share(threads, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t from = pixels * t / threads, to = pixels * (t + 1) / threads;
        PixelSums<Op> sums(op, unit.channels);
        sums.add(runs.at(unit.run) + from * channels + unit.first, to - from, channels);
        sums.give(totals[t]);
      }
    });
    PixelSums<Op> sums(op, unit.channels);
    for (int64_t t = 0; t < threads; ++t) sums.take(totals[t]);
    sums.store(runs.dst + unit.run * channels + unit.first, count);
  }
}

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  const Shape shape = shape_of(args);
  const Runs<Op> runs(args, shape);
  int64_t count = 1;
  for (const Table& table : args.table) count *= table.windows[0].count;
  if (shape.unit == 1)
    pool_runs(op, runs, bytes_moved<Op>(shape), count);
  else
    pool_pixels(op, runs, shape.unit, bytes_moved<Op>(shape), count);
}

}  // namespace

// Whether each window is a run of memory, or of pixels: all of H and W, on D all or whole windows.
static const char* runs_why_not(const PoolArgs& args) {
  for (int i = 0; i < 3; ++i) {
    const Axis& axis = args.axis[i];
    const bool slides = Windowing(args.windowing) == Windowing::kSliding && axis.dilation == 1 &&
                        axis.pad_begin == 0;
    const bool whole =
        axis.dst == 1 && (slides ? axis.kernel == axis.src
                                 : Windowing(args.windowing) == Windowing::kAdaptive ||
                                       Windowing(args.windowing) == Windowing::kGlobal);
    const bool steps = i == 0 && slides && (axis.dst - 1) * axis.stride + axis.kernel <= axis.src;
    if (!whole && !steps) return "it takes windows that are all of H and W alone";
  }
  return nullptr;
}

const char* whole_why_not(const PoolArgs& args) {
  if (const char* why_not = runs_why_not(args)) return why_not;
  return op_why_not(args, true);
}

void whole_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace poolbench::POOLBENCH_ISA
