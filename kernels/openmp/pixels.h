// Many pixels into one, channels last: what `whole` and `channels` do with large windows.
#ifndef POOLBENCH_KERNELS_OPENMP_PIXELS_H_
#define POOLBENCH_KERNELS_OPENMP_PIXELS_H_

#include "kernels/openmp/work.h"

namespace poolbench::POOLBENCH_ISA {

// Lane by lane a sum whose error does not grow (as RunningSum of kernels/reduce.h), or a maximum.
// Bytes are added up in 32 bits.
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
  POOLBENCH_INLINE void add(const Totals& other) {
    if constexpr (kBytes) {
      sum[0] += other.sum[0];
      sum[1] += other.sum[1];
    } else {
      add(other.sum[0]);
      if constexpr (Op::kSum) lost += other.lost;
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

// At most so many vectors of a pixel are added up at a time: the sums stay in L1.
constexpr int64_t kPixelVectors = 64;

// The sums of `vectors` vectors of channels over any number of pixels. Four pixels a step, each
// walked along its channels, so that memory is read in order.
template <class Op>
class PixelSums {
 public:
  using Element = typename Op::Element;
  using V = typename Op::V;
  static constexpr int64_t N = Op::N;

  // Channels [0, channels) of every pixel, of which a vector covers N; the last one begins early
  // where there are N at all.
  PixelSums(const Op& op, int64_t channels)
      : op_(op),
        vectors_((channels + N - 1) / N),
        lanes_(least(channels, N)),
        last_(channels - lanes_) {
    for (int64_t i = 0; i < vectors_; ++i) {
      total_[i].start();
      sum_[i] = Op::fill();
    }
  }

  // Adds `count` pixels that stand `step` elements apart.
  void add(const Element* at, int64_t count, int64_t step) {
    if (lanes_ != N)
      add_all<false, false>(at, count, step);
    else if (last_ + N == step)
      add_all<true, true>(at, count, step);
    else
      add_all<true, false>(at, count, step);
  }
  // Hands on what was added up, or takes it over.
  void give(Totals<Op>* totals) {
    flush();
    for (int64_t i = 0; i < vectors_; ++i) totals[i] = total_[i];
  }
  void take(const Totals<Op>* totals) {
    for (int64_t i = 0; i < vectors_; ++i) total_[i].add(totals[i]);
  }
  void store(Element* to, int64_t count) {
    flush();
    for (int64_t i = 0; i < vectors_; ++i) total_[i].store(op_, to + first(i), int(lanes_), count);
  }

 private:
  // Additions in a row: as many pixels as 16 bits hold of bytes, else inside kMaxTerms.
  static constexpr int64_t kPixels = Totals<Op>::kBytes ? kMaxIntegerTaps : 32;

  int64_t first(int64_t i) const { return least(i * N, last_); }
  // kWhole: all lanes of all vectors are channels. kDense: the pixels are one run of memory.
  template <bool kWhole, bool kDense>
  POOLBENCH_INLINE void add_all(const Element* at, int64_t count, int64_t step) {
    for (; count >= 4; count -= 4, at += 4 * step) add_some<kWhole, kDense, 4>(at, step);
    for (; count > 0; --count, at += step) add_some<kWhole, kDense, 1>(at, step);
  }
  template <bool kWhole, bool kDense, int kCount>
  POOLBENCH_INLINE void add_some(const Element* at, int64_t step) {
    if (Op::kSum && pixels_ + kCount > kPixels) flush();
    pixels_ += kCount;
    const Lanes part(0, lanes_);
    const auto load = [&](const Element* from) {
      if (kDense) ask_to_load(from);
      return kWhole ? op_.load(from) : op_.load_part(from, part);
    };
    for (int64_t i = 0; i < vectors_; ++i) {
      const Element* from = at + first(i);
      V v = load(from);
      if constexpr (kCount == 4)
        v = Op::combine(Op::combine(load(from + 2 * step), load(from + 3 * step)),
                        Op::combine(load(from + step), v));
      sum_[i] = Op::combine(v, sum_[i]);
    }
  }
  void flush() {
    for (int64_t i = 0; i < vectors_; ++i) {
      total_[i].add(sum_[i]);
      sum_[i] = Op::fill();
    }
    pixels_ = 0;
  }

  const Op& op_;
  int64_t vectors_, lanes_, last_, pixels_ = 0;
  V sum_[kPixelVectors];
  Totals<Op> total_[kPixelVectors];
};

}  // namespace poolbench::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_PIXELS_H_
