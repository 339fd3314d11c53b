// The reductions as vector operations, for values without indices: the table of kernels/reduce.h
// with identity, merge and finish by those names, a vector of outputs at a time.
//
//   ExtremeOp        max, min
//   SumOp            average (Term::kValue), Lp (kSquare, kPower)
//
// An op loads elements as terms in work lanes, merges work lanes in any order, and finishes them
// into elements. Work lanes:
//   f32 f64     the type itself
//   f16 bf16    extremes: 16-bit integers that compare as the floats; sums: f32
//   integers    extremes: the type itself
//   i8 u8       averages: 16 bits, exact up to kMaxIntegerTaps; Lp: f64
// Sums keep the bound of host/spec.md, Judgement, up to kAllowedPlainTerms additions in a row. A
// kernel that adds more nests its sums.
#ifndef POOLBENCH_KERNELS_OPENMP_OPS_H_
#define POOLBENCH_KERNELS_OPENMP_OPS_H_

#include "kernels/family.h"
#include "kernels/openmp/convert.h"
#include "kernels/openmp/divide.h"

namespace poolbench::openmp::POOLBENCH_ISA {

// Averages of bytes are summed in 16 bits, which hold so many taps.
constexpr Set<DType> kByteTypes = {DType::kI8, DType::kU8};
constexpr int64_t kMaxIntegerTaps = 128;
// Powers of Lp, where each element is loaded about once, and where it is loaded for every window
// that holds it and its power computed as often.
constexpr int kHighestPower = 16;
constexpr int kHighestPlainPower = 2;

// What with_op has, for a kernel's Takes.
constexpr Set<Reduction> kExtremesAndAverages = {
    Reduction::kMax, Reduction::kMin, Reduction::kAvgIncludePad, Reduction::kAvgExcludePad};
constexpr Set<Reduction> kEveryVectorReduction = {Reduction::kMax, Reduction::kMin,
                                                  Reduction::kAvgIncludePad,
                                                  Reduction::kAvgExcludePad, Reduction::kLp};
constexpr Set<DType> kVectorTypes = {DType::kF64,  DType::kF32, DType::kF16,
                                     DType::kBF16, DType::kI8,  DType::kU8,
                                     DType::kI32,  DType::kI16, DType::kI64};

template <class T>
constexpr bool kIs16BitFloat = std::is_same_v<T, f16> || std::is_same_v<T, bf16>;

// What vectors of T are made of: T, or the bits of a 16-bit float.
template <class T>
using ElementOf = std::conditional_t<kIs16BitFloat<T>, uint16_t, T>;

// The value that wins in Order.
template <class T, class Order>
struct ExtremeOp {
  using Element = ElementOf<T>;
  using Work = std::conditional_t<kIs16BitFloat<T>, int16_t, T>;
  using Weight = float;
  static constexpr bool kSum = false;
  static constexpr bool kSumsBytes = false;
  static constexpr int N = kLanes<Work>;
  using V = Vec<Work, N>;
  using E = Vec<Element, N>;

  explicit ExtremeOp(const Shapes&) {}
  static POOLBENCH_INLINE V identity() {
    if constexpr (kIs16BitFloat<T>)
      return broadcast<V>(VectorOrder<Order>::kIdentityKey);
    else
      return broadcast<V>(Work(Order::template identity<T>()));
  }
  static POOLBENCH_INLINE V to_work(E e) {
    if constexpr (kIs16BitFloat<T>)
      return to_key<T, Order>(bits<V>(e));
    else
      return e;
  }
  POOLBENCH_INLINE V load(const Element* at) const { return to_work(load_lanes<E>(at)); }
  POOLBENCH_INLINE V load_part(const Element* at, Lanes lanes) const {
    if constexpr (kIs16BitFloat<T>)
      return to_work(load_some(at, lanes, bits<E>(from_key<T, Order>(identity()))));
    else
      return load_some(at, lanes, identity());
  }
  template <class X>  // V or a part of one
  static POOLBENCH_INLINE X merge(X next, X so_far) {
    return winner<Order>(next, so_far);
  }
  template <class X>  // a lane
  static POOLBENCH_INLINE X merge_one(X next, X so_far) {
    return Order::beats(next, so_far) || next != next ? next : so_far;
  }
  POOLBENCH_INLINE E finish(V v) const {
    if constexpr (kIs16BitFloat<T>)
      return bits<E>(from_key<T, Order>(v));
    else
      return v;
  }
  POOLBENCH_INLINE E finish(V v, RowScale<Weight>, int) const { return finish(v); }
  RowScale<Weight> row_scale(int64_t, int64_t) const { return {}; }
  static Weight column_weight(int64_t) { return 1; }
  bool counts_columns() const { return false; }
};

// What a sum adds of each tap: the value, or a power of its magnitude.
enum class Term { kValue, kSquare, kPower };

// kByPowersOfTwo: each window's divisor is a power of two, so one product by its inverse is exact.
template <class T, Term kTerm, bool kByPowersOfTwo = false>
struct SumOp {
  using ByPowersOfTwo = SumOp<T, kTerm, true>;
  static constexpr bool kInteger = std::is_integral_v<T>;
  static constexpr bool kLp = kTerm != Term::kValue;
  static constexpr bool kSumsBytes = kInteger && !kLp;  // in 16 bits
  using Element = ElementOf<T>;
  using Work = std::conditional_t<std::is_same_v<T, double> || (kInteger && kLp), double,
                                  std::conditional_t<kInteger, int16_t, float>>;
  using Weight = std::conditional_t<std::is_same_v<Work, double>, double, float>;
  static constexpr bool kSum = true;
  static constexpr int N = kLanes<Work>;
  using V = Vec<Work, N>;
  using E = Vec<Element, N>;

  int64_t divisor;
  double norm;
  bool mean;

  explicit SumOp(const Shapes& shapes)
      : divisor(shapes.divisor), norm(shapes.norm), mean(!kLp || shapes.norm_mean != 0) {}

  static POOLBENCH_INLINE V identity() { return V{}; }
  POOLBENCH_INLINE V to_work(E e) const {
    V v;
    if constexpr (kIs16BitFloat<T>)
      v = to_float<N>(e, T{});
    else if constexpr (kInteger && kLp)
      v = __builtin_convertvector(__builtin_convertvector(e, Vec<int32_t, N>), V);
    else if constexpr (kInteger)
      v = widen(e);
    else
      v = e;
    if constexpr (kTerm == Term::kSquare) v = v * v;
    if constexpr (kTerm == Term::kPower) {
      V x = absolute(v);
      int rest = int(norm);
      v = rest & 1 ? x : broadcast<V>(1);
      while ((rest >>= 1) != 0) {
        x *= x;
        if (rest & 1) v *= x;
      }
    }
    return v;
  }
  POOLBENCH_INLINE V load(const Element* at) const { return to_work(load_lanes<E>(at)); }
  POOLBENCH_INLINE V load_part(const Element* at, Lanes lanes) const {
    return to_work(load_some(at, lanes, E{}));
  }
  template <class X>
  static POOLBENCH_INLINE X merge(X next, X so_far) {
    return so_far + next;
  }
  template <class X>
  static POOLBENCH_INLINE X merge_one(X next, X so_far) {
    return X(so_far + next);
  }

  // The scale of a row: `row_count` is the product of the other axes' counts, `whole` the count of
  // a whole window on the W axis.
  POOLBENCH_INLINE RowScale<Weight> row_scale(int64_t row_count, int64_t whole) const {
    if (kLp && !mean) return {};
    const int64_t by = divisor != 0 ? divisor : row_count * whole;
    if constexpr (kByPowersOfTwo) return {.inverse = 1 / Weight(by != 0 ? by : 1)};
    return row_scale_of<Weight>(by, row_count);
  }
  // The column weight of a window with `count` on the W axis.
  static Weight column_weight(int64_t count) { return Weight(count); }
  // Whether windows cut by the padding need column weights; else all are scaled as whole ones.
  bool counts_columns() const { return mean && divisor == 0; }

  // The first `lanes` lanes are used.
  POOLBENCH_INLINE E finish(V v, RowScale<Weight> scale, int lanes) const {
    if constexpr (kSumsBytes) {
      const auto low = half_to_float<0>(v), high = half_to_float<1>(v);
      return rounded(mean_of(low, scale), mean_of(high, scale));
    } else {
      return to_element(mean_of(v, scale), lanes);
    }
  }
  // Finishes a sum that was made in double.
  POOLBENCH_INLINE Element finish_total(double total, int64_t count) const {
    const int64_t by = divisor != 0 ? divisor : count;
    const double mean_value = mean && by != 0 ? total / double(by) : total;
    if constexpr (kSumsBytes) {
      double nearest = __builtin_rint(mean_value);
      constexpr double kLow = std::is_unsigned_v<T> ? 0 : -128;
      constexpr double kHigh = std::is_unsigned_v<T> ? 255 : 127;
      nearest = nearest < kLow ? kLow : nearest > kHigh ? kHigh : nearest;
      return Element(int(nearest));
    } else {
      return to_element(broadcast<V>(Work(mean_value)), 1)[0];
    }
  }
  // Finishes windows that are cut on the W axis. `weights`: the column weight of the first lane.
  POOLBENCH_INLINE E finish(V v, const Weight* weights, RowScale<Weight> scale, int lanes) const {
    if constexpr (kSumsBytes) {
      const auto low = divisors<Vec<float, N / 2>>(weights, scale.row);
      const auto high = divisors<Vec<float, N / 2>>(weights + N / 2, scale.row);
      return rounded(half_to_float<0>(v) / low, half_to_float<1>(v) / high);
    } else {
      return to_element(v / divisors<V>(weights, scale.row), lanes);
    }
  }
  // Finishes windows whose divisors store_divisors() kept.
  POOLBENCH_INLINE E finish(V v, const Weight* inverse, const Weight* rest, int lanes) const {
    if constexpr (kSumsBytes) {
      constexpr int kHalf = N / 2;
      return rounded(divided(half_to_float<0>(v), inverse, rest),
                     divided(half_to_float<1>(v), inverse + kHalf, rest + kHalf));
    } else {
      return to_element(divided(v, inverse, rest), lanes);
    }
  }

 private:
  template <class F>
  static POOLBENCH_INLINE F mean_of(F sum, RowScale<Weight> scale) {
    return kByPowersOfTwo ? sum * scale.inverse : divided(sum, scale);
  }
  // The divisors of windows that are cut. One without a tap has a sum of 0.
  template <class F>
  static POOLBENCH_INLINE F divisors(const Weight* weights, Weight row) {
    const F count = load_lanes<F>(weights) * row;
    return count != 0 ? count : broadcast<F>(1);
  }
  template <class F>
  static POOLBENCH_INLINE E rounded(F low, F high) {
    return to_bytes<T>(round_half_even(low), round_half_even(high));
  }
  POOLBENCH_INLINE V root(V v, int lanes) const {
    if constexpr (kTerm == Term::kSquare) return square_root(v);
    if constexpr (kTerm == Term::kPower) {
      if (norm == 1) return v;
      if (norm == 2) return square_root(v);
      if (norm == 4) return square_root(square_root(v));
      for (int i = 0; i < lanes; ++i) v[i] = poolbench::root(Work(v[i]), norm);
    }
    return v;
  }
  POOLBENCH_INLINE E to_element(V v, int lanes) const {
    if constexpr (kLp) v = root(v, lanes);
    if constexpr (kIs16BitFloat<T>) {
      return from_float<N>(v, T{});
    } else if constexpr (kInteger && kLp) {
      constexpr double kHigh = std::is_unsigned_v<T> ? 255 : 127;
      v = v > kHigh ? broadcast<V>(kHigh) : v;           // an Lp norm is not negative
      const V magic = broadcast<V>(6755399441055744.0);  // 1.5 * 2^52: to nearest, ties to even
      return __builtin_convertvector(
          bits<Vec<int64_t, N>>(v + magic) - bits<Vec<int64_t, N>>(magic), E);
    } else {
      return v;
    }
  }
};

// Calls f(op) with the reduction over the element type. Nothing is compiled for types and
// reductions that kTakes does not name, and a call with one of them does nothing. Of wide integers
// the spec defines extremes alone.
template <Takes kTakes, class F>
void with_op(const Shapes& shapes, F&& f) {
  dispatch<kTakes.types>(DType(shapes.dtype), [&](auto tag) {
    using T = typename decltype(tag)::type;
    constexpr bool kSums = kHasSums<T>;
    switch (Reduction(shapes.reduction)) {
      case Reduction::kMax:
        if constexpr (kTakes.reductions.has(Reduction::kMax)) f(ExtremeOp<T, Largest>(shapes));
        return;
      case Reduction::kMin:
        if constexpr (kTakes.reductions.has(Reduction::kMin)) f(ExtremeOp<T, Smallest>(shapes));
        return;
      case Reduction::kAvgIncludePad:
      case Reduction::kAvgExcludePad:  // a second call would keep GCC 12 from inlining the kernel
        if constexpr (kSums && kTakes.reductions.has(Reduction::kAvgIncludePad))
          f(SumOp<T, Term::kValue>(shapes));
        return;
      case Reduction::kLp:
        if constexpr (kSums && kTakes.reductions.has(Reduction::kLp)) {
          if constexpr (!std::is_integral_v<T>)
            if (shapes.norm == 2) return f(SumOp<T, Term::kSquare>(shapes));
          f(SumOp<T, Term::kPower>(shapes));
        }
        return;
    }
  });
}

// Refuses the norms of Lp that SumOp does not have: it has integers up to `highest`.
inline Refusal refuse_norm(const Shapes& shapes, int highest = kHighestPower) {
  if (Reduction(shapes.reduction) != Reduction::kLp) return {};
  if (shapes.norm <= highest && shapes.norm == double(int(shapes.norm))) return {};
  return {Parameter::kNorm,
          highest == kHighestPlainPower ? "takes 1 and 2" : "takes 1, 2, 3 ... 16"};
}

}  // namespace poolbench::openmp::POOLBENCH_ISA

#endif  // POOLBENCH_KERNELS_OPENMP_OPS_H_
