// Windows that are whole planes: global pooling, and sliding windows over all of H and W that move
// on D alone.
//
// Channels first, each window is one run of memory. A thread takes an even share of the runs and
// reads four vectors a step; small runs go a vector's lanes at a time, few large ones are cut.
// Channels last, a thread takes blocks of an image's channels and walks the pixels (pixels.h).
//
// Sums have two levels: plain over a chunk, then compensated over chunks (reduce.h's RunningSum: in
// f64 over a run, lane by lane over pixels; i8 and u8 exactly). Bound by memory; with runs of few
// vectors by reducing a vector to one number.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/lanes.h"
#include "kernels/openmp/pixels.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

constexpr int64_t kChunk = 32;  // additions in a row; also what 16 bits hold of four vectors' bytes
constexpr int64_t kMaxParts = 256;  // threads that share a run
// From this many pixels on threads share pixels, below it channels.
constexpr int64_t kSharedPixels = 256;
constexpr int64_t kMaxPixelParts = 16;  // threads that share pixels, whose sums are larger

// A run's result before its division and rounding.
template <class Op>
using Part = std::conditional_t<Op::kSum, double, typename Op::Work>;

// Reduces `count` adjacent elements, aligned from the first vector's address on: loads across cache
// lines cost twice. 480x33x33 f32 in L2: 19 us unaligned, 16 us aligned (Xeon, 2 threads,
// 2026-11-23).
template <class Op>
POOLBENCH_INLINE Part<Op> reduce_run(const Op& op, const typename Op::Element* at, int64_t count) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  constexpr int64_t kBytes = sizeof(typename Op::E);
  const int64_t before = -reinterpret_cast<intptr_t>(at) & (kBytes - 1);
  const auto load = [&](const auto* from) {
    prefetch_load(from);
    return op.load(from);
  };
  int64_t i = smaller(before / int64_t(sizeof(*at)), count);
  V all = op.load_part(at, Lanes(0, i));
  [[maybe_unused]] RunningSum<double> total;
  while (i + 4 * N <= count) {
    V v[4];
    for (int j = 0; j < 4; ++j) v[j] = load(at + i + j * N);
    i += 4 * N;
    for (int64_t end = smaller(i + (kChunk - 1) * 4 * N, count); i + 4 * N <= end; i += 4 * N)
      for (int j = 0; j < 4; ++j) v[j] = Op::merge(load(at + i + j * N), v[j]);
    const V chunk = Op::merge(Op::merge(v[0], v[1]), Op::merge(v[2], v[3]));
    if constexpr (Op::kSum)
      total.add(double(reduce_lanes<Op>(chunk)));
    else
      all = Op::merge(chunk, all);
  }
  for (; i + N <= count; i += N) all = Op::merge(op.load(at + i), all);
  if (i < count) all = Op::merge(op.load_part(at + i, Lanes(0, count - i)), all);
  if constexpr (Op::kSum) {
    total.add(double(reduce_lanes<Op>(all)));
    return total.total();
  } else {
    return reduce_lanes<Op>(all);
  }
}

template <class Op>
POOLBENCH_INLINE typename Op::Element finish_part(const Op& op, Part<Op> part, int64_t count) {
  if constexpr (Op::kSum)
    return op.finish_total(part, count);
  else
    return op.finish(broadcast<typename Op::V>(part))[0];
}

// The windows, each a run of `size` elements: `steps` of them in a plane, `step` apart.
template <class Op>
struct Runs {
  const typename Op::Element* src;
  typename Op::Element* dst;
  int64_t count, size, steps, step, plane;

  Runs(const PoolArgs& args, const Storage& storage)
      : src(static_cast<const typename Op::Element*>(args.src)),
        dst(static_cast<typename Op::Element*>(args.dst)),
        count(storage.planes * args.axis[0].dst),
        steps(args.axis[0].dst),
        plane(storage.src_size) {
    const Axis& d = args.axis[0];
    const int64_t slice = plane / d.src;
    size = (args.table[0].windows[0].end - args.table[0].windows[0].begin) * slice;
    step = d.stride * slice;
  }
  const typename Op::Element* at(int64_t i) const {
    return steps == 1 ? src + i * plane : src + i / steps * plane + i % steps * step;
  }
};

// Small runs, where reducing a vector to one number costs as much as reading the run: a vector's
// lanes of them are reduced together.
template <class Op>
POOLBENCH_INLINE void reduce_small_runs(const Op& op, const Runs<Op>& runs, int64_t begin,
                                        int64_t end, RowScale<typename Op::Weight> scale) {
  using V = typename Op::V;
  constexpr int64_t N = Op::N;
  const int64_t size = runs.size;
  const Lanes rest(0, size % N);
  for (int64_t run = begin; run < end; run += N) {
    const int64_t lanes = smaller(end - run, N);
    V v[N];
    for (int64_t p = 0; p < lanes; ++p) {
      const auto* src = runs.at(run + p);
      prefetch_load(src + size - size % N);
      V all = op.load_part(src + size - size % N,
                           rest);  // merging into v[p] itself, in memory: 3 times as slow
      for (int64_t i = 0; i + N <= size; i += N) {
        prefetch_load(src + i);
        all = Op::merge(op.load(src + i), all);
      }
      v[p] = all;
    }
    for (int64_t p = lanes; p < N; ++p) v[p] = Op::identity();
    const V all = reduce_lane_groups<Op, N>([&](int p) { return v[p]; });
    store_some(runs.dst + run, op.finish(all, scale, int(lanes)), int(lanes));
  }
}

// Whether a plain sum of so many elements keeps the error bound, lane by lane and then across
// lanes.
template <class Op>
bool is_small(int64_t size) {
  if (Op::kSumsBytes) return size <= kMaxIntegerTaps;
  constexpr int64_t kAcross = 6;  // additions across the lanes of 64 bytes
  return size <= (kAllowedPlainTerms - kAcross) * Op::N;
}

// Whether all threads are busy to the end.
inline bool even(int64_t items, int64_t threads) {
  return items % threads == 0 || items >= 8 * threads;
}

// Channels first.
template <class Op>
void pool_runs(const Op& op, const PoolArgs& args, const Runs<Op>& runs, int64_t bytes,
               int64_t count) {
  if (is_small<Op>(runs.size))
    return share(args, runs.count, bytes, [&](int64_t begin, int64_t end) {
      reduce_small_runs(op, runs, begin, end, op.row_scale(count, 1));
    });
  const int64_t threads = smaller(omp_get_max_threads(), kMaxParts);
  if (even(runs.count, threads))
    return share(args, runs.count, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        runs.dst[i] = finish_part(op, reduce_run(op, runs.at(i), runs.size), count);
    });
  // Few runs: threads share each of them.
  Part<Op> part[kMaxParts];
  for (int64_t i = 0; i < runs.count; ++i) {
    share(args, threads, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t from = runs.size * t / threads, to = runs.size * (t + 1) / threads;
        part[t] = reduce_run(op, runs.at(i) + from, to - from);
      }
    });
    if (args.idle != 0) continue;
    if constexpr (Op::kSum) {
      RunningSum<double> total;
      for (int64_t t = 0; t < threads; ++t) total.add(part[t]);
      part[0] = total.total();
    } else {
      for (int64_t t = 1; t < threads; ++t) part[0] = Op::merge_one(part[t], part[0]);
    }
    runs.dst[i] = finish_part(op, part[0], count);
  }
}

// Channels last: runs in parts of their channels, whose sums stay in L1.
template <class Op>
void pool_pixels(const Op& op, const PoolArgs& args, const Runs<Op>& runs, int64_t channels,
                 int64_t bytes, int64_t count) {
  constexpr int64_t N = Op::N;
  const int64_t vectors = (channels + N - 1) / N, pixels = runs.size / channels;
  const int64_t threads = smaller(omp_get_max_threads(), kMaxPixelParts);
  int64_t parts = (vectors + kPixelVectors - 1) / kPixelVectors;
  const bool cut = !even(runs.count * parts, threads) && pixels >= kSharedPixels;
  while (!cut && !even(runs.count * parts, threads) && 2 * parts <= vectors / 4) parts *= 2;
  struct Block {
    int64_t run, first, channels;
  };
  const auto block_of = [&](int64_t i) {
    const int64_t from = vectors * (i % parts) / parts * N;
    const int64_t to = smaller(vectors * (i % parts + 1) / parts * N, channels);
    const int64_t first = larger(smaller(from, channels - N), 0);
    return Block{i / parts, first, to - first};
  };
  const int64_t items = runs.count * parts;
  if (!cut)
    return share(args, items, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Block block = block_of(i);
        PixelSums<Op> sums(op, block.channels);
        sums.add(runs.at(block.run) + block.first, pixels, channels);
        sums.store(runs.dst + block.run * channels + block.first, count);
      }
    });
  // Few parts of many pixels: threads share the pixels of each.
  Totals<Op> totals[kMaxPixelParts][kPixelVectors];
  for (int64_t i = 0; i < items; ++i) {
    const Block block = block_of(i);
    share(args, threads, bytes, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t from = pixels * t / threads, to = pixels * (t + 1) / threads;
        PixelSums<Op> sums(op, block.channels);
        sums.add(runs.at(block.run) + from * channels + block.first, to - from, channels);
        sums.give(totals[t]);
      }
    });
    if (args.idle != 0) continue;
    PixelSums<Op> sums(op, block.channels);
    for (int64_t t = 0; t < threads; ++t) sums.take(totals[t]);
    sums.store(runs.dst + block.run * channels + block.first, count);
  }
}

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  const Storage storage = storage_of(args);
  const Runs<Op> runs(args, storage);
  int64_t count = 1;
  for (const Table& table : args.table) count *= table.windows[0].count;
  if (storage.pixel_size == 1)
    pool_runs(op, args, runs, bytes_moved<Op>(storage), count);
  else
    pool_pixels(op, args, runs, storage.pixel_size, bytes_moved<Op>(storage), count);
}

constexpr Takes kTakes = {
    .reductions = kEveryVectorReduction,
    .windowings = {Windowing::kSliding, Windowing::kAdaptive, Windowing::kGlobal},
    .types = kVectorTypes};

// Takes windows that are all of H and W; on D all, or sliding ones that lie in the input.
Refusal refuses(const Shapes& shapes) {
  const bool slides = Windowing(shapes.windowing) == Windowing::kSliding;
  for (int i = 0; i < 3; ++i) {
    const Axis& axis = shapes.axis[i];
    const bool whole =
        axis.dst == 1 && (!slides || (axis.pad_begin == 0 && axis.kernel == axis.src));
    const bool steps = i == 0 && slides && axis.pad_begin == 0 &&
                       (axis.dst - 1) * axis.stride + axis.kernel <= axis.src;
    if (!whole && !steps)
      return {window_parameter(shapes), "takes windows that are all of H and W"};
  }
  return refuse_norm(shapes);
}

void launch(const PoolArgs& args, void*) {
  with_op<kTakes>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace

constinit const Kernel kWhole = {
    .name = "whole",
    .summary = "global: planes as runs, or pixels with vectors of channels",
    .takes = kTakes,
    .refuses = refuses,
    .launch = launch,
    .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
