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

template <class Op>
void pool(const Op& op, const PoolArgs& args) {
  const Shape shape = shape_of(args);
  const auto* src = static_cast<const typename Op::Element*>(args.src);
  auto* dst = static_cast<typename Op::Element*>(args.dst);
  int64_t count = 1;
  for (const Axis& axis : args.axis) count *= axis.windows[0].count;
  share(shape.planes, bytes_moved<Op>(shape), [&](int64_t begin, int64_t end) {
    for (int64_t plane = begin; plane < end; ++plane)
      dst[plane] = reduce_run(op, src + plane * shape.src_size, shape.src_size, count);
  });
}

}  // namespace

// Whether each plane has one output whose window is all of the plane.
const char* one_window_why_not(const PoolArgs& args) {
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
  if (shape_of(args).unit != 1) return "it takes channels first alone";
  if (const char* why_not = one_window_why_not(args)) return why_not;
  return op_why_not(args, true);
}

void whole_launch(const PoolArgs& args, void*) {
  with_op<true>(args, [&](const auto& op) { pool(op, args); });
}

}  // namespace poolbench::POOLBENCH_ISA
