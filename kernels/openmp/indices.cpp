// Max with indices: the value and its position in one pass.
//
// A thread takes an even share of the output rows. A vector is N outputs of a row with channels
// first, N channels of an output with channels last. Values are widened to 32 bits (f64, i64: 64),
// so that each has a lane for its position beside it. Taps are compared in row-major order by the
// spec's own rule, so ties and NaNs come out right. A lane starts from the identity at its window's
// first tap, so that a window of identities (-inf) has its index. Bound by the comparisons; 8 bytes
// of index are most of what is written.
#include "kernels/openmp/kernels.h"
#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {
namespace {

// The value that wins in Order, and its position: reduce.h's max with indices.
template <class T, class Order>
struct ExtremeAt {
  using Element = ElementOf<T>;
  using Work = Compute<T>;
  static constexpr int N = kLanes<Work>;
  using V = Vec<Work, N>;
  using E = Vec<Element, N>;
  using I = Ints<V>;

  V best;
  I at;

  static POOLBENCH_INLINE E identity() {
    const T element = store<T>(Order::template identity<T>());
    return broadcast<E>(bits<Element>(element));
  }
  static POOLBENCH_INLINE V widen(E e) {
    if constexpr (kIs16BitFloat<T>)
      return to_float<N>(e, T{});
    else if constexpr (sizeof(T) == 1)
      return widen_twice(e);
    else
      return __builtin_convertvector(e, V);
  }
  // N elements, kStep apart. Reads no element behind lane N - 1's.
  template <int kStep>
  static POOLBENCH_INLINE V load(const Element* at) {
    if constexpr (kStep == 1) {
      return widen(load_lanes<E>(at));
    } else {
      // The second load begins one element early, so that it ends at the last lane.
      const V a = widen(load_lanes<E>(at)), b = widen(load_lanes<E>(at + N - 1));
      return halves(a, b);
    }
  }
  static POOLBENCH_INLINE V load_part(const Element* at, Lanes lanes) {
    return widen(load_some(at, lanes, identity()));
  }

  POOLBENCH_INLINE void start(I first) {
    best = widen(identity());
    at = first;
  }
  POOLBENCH_INLINE void add(V v, I position) {
    if constexpr (std::is_floating_point_v<Work>) {
#ifdef POOLBENCH_AVX512
      if constexpr (sizeof(Work) == 4) {
        const __m512 x = bits<__m512>(v);
        const __mmask16 take = VectorOrder<Order>::beats_mask(x, bits<__m512>(best)) |
                               _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
        best = bits<V>(_mm512_mask_mov_ps(bits<__m512>(best), take, x));
        at = bits<I>(_mm512_mask_mov_epi32(bits<__m512i>(at), take, bits<__m512i>(position)));
        return;
      }
#endif
      const I take = Order::beats(v, best) | (v != v);
      best = take ? v : best;
      at = take ? position : at;
    } else {
      const I take = Order::beats(v, best);
      best = take ? v : best;
      at = take ? position : at;
    }
  }
  POOLBENCH_INLINE void put(Element* to, int64_t* indices, int64_t lanes) const {
    E e;
    if constexpr (kIs16BitFloat<T>)
      e = from_float<N>(best, T{});
    else
      e = __builtin_convertvector(best, E);
    constexpr int kHalf = N / 2;
    Vec<IntOf<sizeof(Work)>, kHalf> half[2];
    __builtin_memcpy(half, &at, sizeof(at));
    using Wide = Vec<int64_t, kHalf>;
    const Wide low = __builtin_convertvector(half[0], Wide);
    const Wide high = __builtin_convertvector(half[1], Wide);
    prefetch_store(to);
    prefetch_store(indices);
    prefetch_store(indices + kHalf);
    if (lanes >= N) {
      store_lanes(to, e);
      store_lanes(indices, low);
      store_lanes(indices + kHalf, high);
      return;
    }
    store_some(to, e, int(lanes));
    store_some(indices, low, int(smaller(lanes, kHalf)));
    if (lanes > kHalf) store_some(indices + kHalf, high, int(lanes - kHalf));
  }

 private:
  static POOLBENCH_INLINE V halves(V a, V b) {
    return [&]<int... L>(std::integer_sequence<int, L...>) {
      return __builtin_shufflevector(a, b, (2 * L < N ? 2 * L : 2 * L + 1)...);
    }
    (std::make_integer_sequence<int, N>{});
  }
};

// Lanes 0, 1, 2 ...
template <class I>
POOLBENCH_INLINE I lane_numbers() {
  return [&]<int... L>(std::integer_sequence<int, L...>) { return I{L...}; }
  (std::make_integer_sequence<int, kLanesOf<I>>{});
}

// The windows of an output row on D and H, and their taps.
struct RowTaps {
  Window d, h;
  int depth, height;
};
inline RowTaps taps_of(const PoolArgs& args, const RowCounter& at) {
  RowTaps taps;
  taps.d = table_window(args.table[0], at.plane, at.od);
  taps.h = table_window(args.table[1], at.plane, at.oh);
  taps.depth = int(tap_count(args.axis[0], taps.d));
  taps.height = int(tap_count(args.axis[1], taps.h));
  return taps;
}

// A row of outputs, channels first.
template <class Op, int kStep>
POOLBENCH_INLINE void pool_row(const PoolArgs& args, const RowTaps& taps,
                               const typename Op::Element* plane, typename Op::Element* dst,
                               int64_t* indices) {
  using I = typename Op::I;
  constexpr int N = Op::N;
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const int64_t start = (taps.d.begin * h.src + taps.h.begin) * w.src;
  const bool empty = taps.depth == 0 || taps.height == 0;
  const I numbers = lane_numbers<I>() * kStep;
  for (int64_t o = 0; o < w.dst; o += N) {
    const int64_t x = o * kStep - w.pad_begin;
    const int64_t lanes = smaller(N, w.dst - o);
    Op op;
    I first = numbers + Lane<I>(x);
    // The first tap inside the row. A dilated window may have none and step over the row: it begins
    // less than its extent in front of it.
    for (int64_t j = 1; x + (j - 1) * w.dilation < 0 && j < w.kernel; ++j)
      first = first < 0 ? first + Lane<I>(w.dilation) : first;
    const I none = (first >= Lane<I>(w.src)) | Lane<I>(empty ? -1 : 0);
    op.start(none | (first + Lane<I>(start)));
    for (int i = 0; i < taps.depth; ++i)
      for (int k = 0; k < taps.height; ++k) {
        const int64_t row = start + (i * d.dilation * h.src + k * h.dilation) * w.src;
        for (int64_t j = 0; j < w.kernel; ++j) {
          const int64_t at = x + j * w.dilation;
          const I position = numbers + Lane<I>(row + at);
          if (at >= 0 && at + (N - 1) * kStep < w.src) {
            op.add(Op::template load<kStep>(plane + row + at), position);
          } else if constexpr (kStep == 1) {
            op.add(Op::load_part(plane + row + at,
                                 Lanes(smaller(larger(-at, 0), N), smaller(w.src - at, N))),
                   position);
          } else {
            const auto part = [&](int64_t from) {
              return Op::load_part(plane + row + from,
                                   Lanes(smaller(larger(-from, 0), N), smaller(w.src - from, N)));
            };
            op.add(every_second<0>(part(at), part(at + N)), position);
          }
        }
      }
    op.put(dst + o, indices + o, lanes);
  }
}

// An output row, channels last.
template <class Op>
POOLBENCH_INLINE void pool_pixels(const PoolArgs& args, const RowTaps& taps,
                                  const typename Op::Element* image, typename Op::Element* dst,
                                  int64_t* indices) {
  using I = typename Op::I;
  constexpr int N = Op::N;
  const Axis &d = args.axis[0], &h = args.axis[1], &w = args.axis[2];
  const int64_t start = (taps.d.begin * h.src + taps.h.begin) * w.src;
  for (int64_t o = 0; o < w.dst; ++o, dst += args.c, indices += args.c) {
    const Window taps_w = args.table[2].windows[o];
    const bool empty = taps.depth == 0 || taps.height == 0 || taps_w.begin == taps_w.end;
    for (int64_t c = 0; c < args.c; c += N) {
      const int64_t from = args.c < N ? 0 : smaller(c, args.c - N);
      Op op;
      op.start(broadcast<I>(Lane<I>(empty ? -1 : start + taps_w.begin)));
      for (int i = 0; i < taps.depth; ++i)
        for (int k = 0; k < taps.height; ++k) {
          const int64_t row = start + (i * d.dilation * h.src + k * h.dilation) * w.src;
          for (int64_t x = taps_w.begin; x < taps_w.end; x += w.dilation) {
            const auto* at = image + (row + x) * args.c + from;
            op.add(args.c < N ? Op::load_part(at, Lanes(0, args.c)) : Op::template load<1>(at),
                   broadcast<I>(Lane<I>(row + x)));
          }
        }
      op.put(dst + from, indices + from, args.c < N ? args.c : N);
    }
  }
}

template <class Op>
void pool(const PoolArgs& args) {
  using Element = typename Op::Element;
  const Storage storage = storage_of(args);
  const int64_t rows = storage.planes * args.axis[0].dst * args.axis[1].dst;
  const int64_t row_size = args.axis[2].dst * storage.pixel_size;
  const int64_t bytes = storage.planes * (storage.src_size * int64_t(sizeof(Element)) +
                                          storage.dst_size * int64_t(sizeof(Element) + 8));
  share(args, rows, bytes, [&](int64_t begin, int64_t end) {
    RowCounter at(args, begin);
    for (int64_t row = begin; row < end; ++row, at.next(args)) {
      const RowTaps taps = taps_of(args, at);
      const Element* src = static_cast<const Element*>(args.src) + at.plane * storage.src_size;
      Element* dst = static_cast<Element*>(args.dst) + row * row_size;
      int64_t* indices = args.indices + row * row_size;
      if (storage.pixel_size != 1)
        pool_pixels<Op>(args, taps, src, dst, indices);
      else if (args.axis[2].stride == 1)
        pool_row<Op, 1>(args, taps, src, dst, indices);
      else
        pool_row<Op, 2>(args, taps, src, dst, indices);
    }
  });
}

constexpr Takes kTakes = {.reductions = {Reduction::kMax, Reduction::kMin},
                          .windowings = kEveryWindowing,
                          .types = kVectorTypes,
                          .operands = kValuesAndIndices,
                          .dilation = true};

Refusal refuses(const Shapes& shapes) {
  if (shapes.with_indices == 0) return {Parameter::kIndices, "takes problems with indices alone"};
  if (src_plane_size(shapes) > 0x7fffffff)
    return {Parameter::kSrc, "takes planes of fewer than 2^31 elements"};
  if (storage_of(shapes).pixel_size != 1) return refuse_uneven_channels(shapes);
  if (!is_sliding(shapes)) return {Parameter::kWindowing, "takes sliding and global with nchw"};
  const Axis& w = shapes.axis[2];
  if (w.dst == 1 && w.src > 1) return {Parameter::kSrc, "rows of one output fill no vector"};
  if (w.kernel > 2 * w.src)
    return {Parameter::kKernel, "takes windows of at most twice the input on W with nchw"};
  if (w.stride > 2) return {Parameter::kStride, "takes 1 and 2 on W with nchw"};
  return {};
}

void launch(const PoolArgs& args, void*) {
  dispatch<kTakes.types>(DType(args.dtype), [&](auto tag) {
    using T = typename decltype(tag)::type;
    switch (Reduction(args.reduction)) {
      case Reduction::kMax:
        return pool<ExtremeAt<T, Largest>>(args);
      case Reduction::kMin:
        return pool<ExtremeAt<T, Smallest>>(args);
      case Reduction::kAvgIncludePad:
      case Reduction::kAvgExcludePad:
      case Reduction::kLp:
        return;
    }
  });
}

}  // namespace

constinit const Kernel kIndices = {.name = "indices",
                                   .summary = "max with indices in one pass",
                                   .takes = kTakes,
                                   .refuses = refuses,
                                   .launch = launch,
                                   .scratch_bytes = nullptr};

}  // namespace poolbench::openmp::POOLBENCH_ISA
