// Many pixels into one, channels last: `whole`, and `channels` with large windows.
#ifndef POOLBENCH_KERNELS_OPENMP_PIXELS_H_
#define POOLBENCH_KERNELS_OPENMP_PIXELS_H_

#include "kernels/openmp/work.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// The result of many pixels for a vector of channels. Lane by lane an extreme, or a compensated sum
// (reduce.h's RunningSum); bytes are summed in 32 bits.
template <class Op>
struct Totals {
  static constexpr int N = Op::N;
  using V = typename Op::V;
  using Half = Vec<int16_t, N / 2>;
  using Wide = std::conditional_t<Op::kSumsBytes, Vec<int32_t, N / 2>, V>;
  Wide sum[2], lost;

  POOLBENCH_INLINE void start() {
    if constexpr (Op::kSumsBytes)
      sum[0] = sum[1] = Wide{};
    else
      sum[0] = Op::identity();
    lost = Wide{};
  }
  POOLBENCH_INLINE void add(V v) {
    if constexpr (Op::kSumsBytes) {
      Half half[2];
      __builtin_memcpy(half, &v, sizeof(v));
      sum[0] += __builtin_convertvector(half[0], Wide);
      sum[1] += __builtin_convertvector(half[1], Wide);
    } else if constexpr (Op::kSum) {
      V rounded_away;
      sum[0] = two_sum(sum[0], v, rounded_away);
      lost += rounded_away;
    } else {
      sum[0] = Op::merge(v, sum[0]);
    }
  }
  POOLBENCH_INLINE void add(const Totals& other) {
    if constexpr (Op::kSumsBytes) {
      sum[0] += other.sum[0];
      sum[1] += other.sum[1];
    } else {
      add(other.sum[0]);
      if constexpr (Op::kSum) lost += other.lost;
    }
  }
  POOLBENCH_INLINE void store(const Op& op, typename Op::Element* to, int lanes,
                              int64_t count) const {
    if constexpr (Op::kSumsBytes) {
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

// Vectors of a pixel that are summed at a time, so that the sums stay in L1.
constexpr int64_t kPixelVectors = 64;

// Reduces any number of pixels. Takes four pixels a step and walks each along its channels, so that
// memory is read in order.
template <class Op>
class PixelSums {
 public:
  using Element = typename Op::Element;
  using V = typename Op::V;
  static constexpr int64_t N = Op::N;

  // Channels [0, channels) of every pixel, in vectors of N. The last vector overlaps the one
  // before, so that it ends at the last channel; of fewer than N channels it is partly filled.
  PixelSums(const Op& op, int64_t channels)
      : op_(op),
        vectors_((channels + N - 1) / N),
        lanes_(smaller(channels, N)),
        last_(channels - lanes_) {
    for (int64_t i = 0; i < vectors_; ++i) {
      total_[i].start();
      sum_[i] = Op::identity();
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
  // Hands the totals on, and adds those of others.
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
  // Pixels that are added in a row: what 16 bits hold of bytes, else inside kAllowedPlainTerms.
  static constexpr int64_t kPixels = Op::kSumsBytes ? kMaxIntegerTaps : 32;

  int64_t first(int64_t i) const { return smaller(i * N, last_); }
  // kWhole: every lane is a channel. kDense: the pixels are one run of memory.
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
      if (kDense) prefetch_load(from);
      return kWhole ? op_.load(from) : op_.load_part(from, part);
    };
    for (int64_t i = 0; i < vectors_; ++i) {
      const Element* from = at + first(i);
      V v = load(from);
      if constexpr (kCount == 4)
        v = Op::merge(Op::merge(load(from + 2 * step), load(from + 3 * step)),
                      Op::merge(load(from + step), v));
      sum_[i] = Op::merge(v, sum_[i]);
    }
  }
  void flush() {
    for (int64_t i = 0; i < vectors_; ++i) {
      total_[i].add(sum_[i]);
      sum_[i] = Op::identity();
    }
    pixels_ = 0;
  }

  const Op& op_;
  int64_t vectors_, lanes_, last_, pixels_ = 0;
  V sum_[kPixelVectors];
  Totals<Op> total_[kPixelVectors];
};

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_PIXELS_H_
