// What bounds a pooling: linear passes over as many bytes, and its own arithmetic on as many
// elements with all memory in L1. No pooling of as much is faster.
//
// Each thread takes an even, contiguous share, of what is read where there are few outputs. Passes
// combine bits with `or`, so that every byte read shows in what is written.
//
// Time of a pass over the time of the kernel that `openmp` picks, smallest of 40 samples each on
// the same sets, at real-time priority (EPYC Zen 5, AVX-512, 2 threads, 2026-11-30), f32:
//
//                           hot                         cold
//                           64x112x112   64x28x28       64x112x112   64x28x28      16x1024x1024
//                           nhwc 2x2     nchw 3x3 s1    nhwc 2x2     nchw 3x3 s1   nchw 3x3 s2
//   read, sums in memory    1.12         0.50           0.81         0.87          0.72
//   read                    0.65         0.33           0.61         0.68          0.64
//   reduce                  0.72         0.42           0.75         0.81          0.92
//   stream                  0.64         0.51           0.63         0.63          0.59
//   read/1                  1.16         0.25           0.96         0.86          1.34
//   compute                 0.27         0.37           0.13         0.37          0.14
//
// "Sums in memory": GCC 12 at -O2 does not unroll loops over an array of vectors by itself, and
// then loads and stores it each time. A copy that reads the rest of a larger input afterwards was
// slower than `stream` everywhere (cold 1.00 for 0.57 at 16x1024x1024). Two and four streams a
// thread are no faster than one.
//
// Over the suite `models`, 209 problems, no kernel is faster than its ceiling, be it by memory or
// by arithmetic. Hot, the fastest reach 0.96 (f32 nhwc; median 0.59), 0.98 (f32 nchw; 0.32), 0.96
// (i8 nhwc; 0.50) and 0.98 (i8 nchw; 0.19); cold, those that five samples put above 0.95 reach 0.93
// with forty. Of `compute`, windows of 13x13 on 64x19x19 reach 0.1 to 0.2 in f32 and 0.03 to 0.09
// in i8, averages of i8 3x3 on 64x56x56 0.4.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

using Bytes = Vec<uint64_t, kVectorBytes / 8>;
constexpr int64_t kBytes = kVectorBytes;

// How far ahead loads are prefetched. The same ratios, 64x112x112 nhwc 2x2, hot / cold:
//
//               1 KiB         2 KiB         8 KiB         16 KiB
//   read                      0.67 / 0.58   0.70 / 0.54   0.70 / 0.56
//   reduce      0.74 / 1.05   0.77 / 0.92   0.86 / 0.67
//   stream      0.66 / 0.81   0.67 / 0.76   0.66 / 0.56   0.66 / 0.56
constexpr int64_t kReadAhead = 4096, kReduceAhead = 1024, kStreamAhead = 8192;

// Fewer vectors of output a thread are not shared evenly by outputs.
constexpr int64_t kManyOutputs = 8;

POOLBENCH_INLINE Bytes load_bytes(const char* at) {
  return load_lanes<Bytes>(reinterpret_cast<const uint64_t*>(at));
}
// The first `count` bytes, then zeros.
POOLBENCH_INLINE Bytes load_first(const char* at, int64_t count) {
  Bytes v = {};
  __builtin_memcpy(&v, at, size_t(count));
  return v;
}

// Calls f(thread, threads) for every thread of the team, however little there is to do.
template <class F>
POOLBENCH_INLINE void on_all_threads(const F& f) {
  const int64_t threads = omp_get_max_threads();
  share(threads, kSerialBytes, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) f(t, threads);
  });
}

// All of `bytes` bytes combined.
POOLBENCH_INLINE Bytes read_run(const char* from, int64_t bytes) {
  Bytes sum[4] = {};
  int64_t at = 0;
  for (; at + 4 * kBytes <= bytes; at += 4 * kBytes)
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      __builtin_prefetch(from + at + i * kBytes + kReadAhead);
      sum[i] |= load_bytes(from + at + i * kBytes);
    }
  for (; at + kBytes <= bytes; at += kBytes) sum[0] |= load_bytes(from + at);
  return (sum[0] | sum[1]) | (sum[2] | sum[3]) | load_first(from + at, bytes - at);
}

// A thread's share of a run, in whole vectors but for its end.
POOLBENCH_INLINE Bytes read_share(const void* run, int64_t bytes, int64_t t, int64_t threads) {
  const int64_t vectors = ceil_div(bytes, kBytes);
  const int64_t begin = vectors * t / threads * kBytes;
  const int64_t end = smaller(vectors * (t + 1) / threads * kBytes, bytes);
  return read_run(static_cast<const char*>(run) + begin, end - begin);
}

// All bits of all bytes in one.
inline uint8_t fold(Bytes v) {
  uint64_t all = 0;
  for (int i = 0; i < kVectorBytes / 8; ++i) all |= v[i];
  for (int shift = 32; shift >= 8; shift /= 2) all |= all >> shift;
  return uint8_t(all);
}

// What read(thread, threads) sees on all threads.
template <class Read>
POOLBENCH_INLINE uint8_t seen_by_all(const Read& read) {
  uint8_t seen = 0;
  on_all_threads([&](int64_t t, int64_t threads) {
    __atomic_fetch_or(&seen, fold(read(t, threads)), __ATOMIC_RELAXED);
  });
  return seen;
}

// Stores past the caches need an aligned address.
template <bool kPast>
POOLBENCH_INLINE void put(char* at, Bytes v) {
  auto* words = reinterpret_cast<uint64_t*>(at);
  if constexpr (kPast) {
    stream(words, v);
  } else {
    __builtin_prefetch(at + kReduceAhead, 1);
    store_lanes(words, v);
  }
}

// Vector o of the output is what vectors [o * in / out, (o + 1) * in / out) of the input hold, and
// where there is more output than input, vector o * in / out.
template <bool kPast>
class LinearReduction {
 public:
  explicit LinearReduction(const Traffic& traffic)
      : from_(static_cast<const char*>(traffic.src)),
        to_(static_cast<char*>(traffic.dst)),
        in_(traffic.read / kBytes),
        out_(ceil_div(traffic.written, kBytes)),
        bytes_(traffic) {}

  int64_t outputs() const { return out_; }

  void run(int64_t begin, int64_t end) const {
    const int64_t last = out_ - 1, whole = in_ / out_, rest = in_ % out_;
    int64_t at = begin * whole + int64_t(__int128{begin} * rest / out_);
    int64_t part = int64_t(__int128{begin} * rest % out_);
    for (int64_t o = begin; o < smaller(end, last); ++o) {
      int64_t next = at + whole;
      part += rest;
      if (part >= out_) {
        part -= out_;
        ++next;
      }
      Bytes v = whole > 0 || in_ == 0 ? Bytes{} : load_bytes(from_ + at * kBytes);
      for (; at < next; ++at) {
        __builtin_prefetch(from_ + at * kBytes + (kPast ? kStreamAhead : kReduceAhead));
        v |= load_bytes(from_ + at * kBytes);
      }
      put<kPast>(to_ + o * kBytes, v);
    }
    if (end < out_) return;
    // The last one takes the rest of the input, and may itself be part of a vector.
    const uint8_t v = fold(read_run(from_ + at * kBytes, bytes_.read - at * kBytes));
    __builtin_memset(to_ + last * kBytes, v, size_t(bytes_.written - last * kBytes));
  }

 private:
  const char* from_;
  char* to_;
  int64_t in_, out_;  // vectors; whole ones of the input
  Traffic bytes_;
};

template <bool kPast>
void reduce_all(const Traffic& traffic) {
  const LinearReduction<kPast> reduction(traffic);
  const int64_t outputs = reduction.outputs();
  if (outputs < kManyOutputs * omp_get_max_threads()) {
    const uint8_t seen = seen_by_all([&](int64_t t, int64_t threads) {
      return read_share(traffic.src, traffic.read, t, threads);
    });
    if (outputs > 0) __builtin_memset(traffic.dst, seen, size_t(traffic.written));
  } else {
    on_all_threads([&](int64_t t, int64_t threads) {
      reduction.run(outputs * t / threads, outputs * (t + 1) / threads);
    });
  }
}

// Vectors of a step, which need not wait for each other.
constexpr int kSideBySide = 8;

// The arithmetic of a problem, on values in L1. The steps are apart, each a function of its own: in
// one, GCC 12 keeps the sums in memory for the sake of the last (twice as slow for i8).
template <class Op>
struct Arithmetic {
  using V = typename Op::V;
  static constexpr int N = Op::N;

  const Op& op;
  alignas(kVectorBytes) typename Op::Element elements[N * kSideBySide] = {};
  V values[kSideBySide];

  explicit Arithmetic(const Op& op) : op(op) {
    for (V& v : values) v = Op::identity();
  }

  __attribute__((noinline)) void load_and_merge(int64_t steps) {
    each_step(steps, [&](int i, V sum) POOLBENCH_INLINE_LAMBDA {
      return Op::merge(op.load(elements + i * N), sum);
    });
  }
  __attribute__((noinline)) void merge(int64_t steps) {
    each_step(steps,
              [&](int i, V sum) POOLBENCH_INLINE_LAMBDA { return Op::merge(values[i], sum); });
  }
  __attribute__((noinline)) void finish(int64_t steps) {
    const auto scale = op.row_scale(1, 2);
    for (int64_t step = 0; step < steps; ++step) {
      forget();
#pragma GCC unroll 8
      for (int i = 0; i < kSideBySide; ++i)
        store_lanes(elements + i * N, op.finish(values[i], scale, N));
    }
  }

 private:
  // Has the compiler do a step again, for all that it knows with other values.
  POOLBENCH_INLINE void forget() { asm volatile("" : "+m"(elements), "+m"(values)); }
  template <class F>
  POOLBENCH_INLINE void each_step(int64_t steps, const F& f) {
    V sum[kSideBySide];
#pragma GCC unroll 8
    for (int i = 0; i < kSideBySide; ++i) sum[i] = values[i];
    for (int64_t step = 0; step < steps; ++step) {
      forget();
#pragma GCC unroll 8
      for (int i = 0; i < kSideBySide; ++i) sum[i] = f(i, sum[i]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kSideBySide; ++i) values[i] = sum[i];
  }
};

constexpr Takes kComputes = {.reductions = kEveryVectorReduction,
                             .windowings = kEveryWindowing,
                             .types = kVectorTypes,
                             .operands = kValuesAndIndices,
                             .dilation = true};

}  // namespace

void read_bytes(const Traffic& traffic) {
  const uint8_t seen = seen_by_all([&](int64_t t, int64_t threads) {
    return read_share(traffic.src, traffic.read, t, threads) |
           read_share(traffic.dst, traffic.written, t, threads);
  });
  if (traffic.written > 0) *static_cast<uint8_t*>(traffic.dst) = seen;
}

void reduce_bytes(const Traffic& traffic) { reduce_all<false>(traffic); }

void stream_bytes(const Traffic& traffic) {
  const bool aligned = reinterpret_cast<uintptr_t>(traffic.dst) % kBytes == 0;
  aligned ? reduce_all<true>(traffic) : reduce_all<false>(traffic);
}

void compute(const Shapes& shapes, int64_t loads, int64_t merges, int64_t outputs) {
  with_op<kComputes>(shapes, [&](const auto& op) {
    on_all_threads([&](int64_t t, int64_t threads) {
      const auto steps = [&](int64_t elements) {  // of a thread
        const int64_t all = elements / (op.N * kSideBySide);
        return all * (t + 1) / threads - all * t / threads;
      };
      const int64_t loaded = smaller(steps(loads), steps(merges));
      Arithmetic<std::remove_cvref_t<decltype(op)>> arithmetic(op);
      arithmetic.load_and_merge(loaded);
      arithmetic.merge(steps(merges) - loaded);
      arithmetic.finish(steps(outputs));
    });
  });
}
bool computes(const Shapes& shapes) { return !refused(kComputes, shapes) && !refuse_norm(shapes); }

}  // namespace poolbench::openmp::POOLBENCH_ISA
