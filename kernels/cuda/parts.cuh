// Reductions in parts: what some of a window's taps come to, and how two parts become one. A part
// is a row of kernels/reduce.h's table in the fewest registers: identity, term, merge, finish.
// Merging is associative, so windows may be cut into rows, and rows into pieces that neighbours
// share.
//
//   Part none()                         identity: of no tap
//   Part of(T v, int32_t position)      term: of one tap
//   raise(Part (&)[N])                  completes N terms at once: applies the power p (no-op for
//                                       extremes and averages)
//   Part merge(Part before, Part after) merge; the taps of `after` come later in row-major order
//   add(Total&, Part), total(Total)     parts merged one after another, in any number
//   T value(Part, Divisor count)        finish, as Op::value in kernels/reduce.h
//
//                 row of the table    faster because
//   Extreme       max, min            16-bit floats are compared as stored, in one instruction
//   ExtremeIndex  max, min, indices   positions in 32 bits
//   a rule        average, Lp         plain sums of up to kMaxPlainTerms terms an axis (sums.h)
//   Lp            Lp, any p           likewise
//
// kLimited: more than kMaxPlainTerms taps of an axis are added to a total in runs. kIdempotent: a
// tap met twice changes nothing, so positions outside the input may be replaced by their nearest
// ones inside, which belong to the window too where it is dense.
#ifndef POOLBENCH_KERNELS_CUDA_PARTS_CUH_
#define POOLBENCH_KERNELS_CUDA_PARTS_CUH_

#include "kernels/cuda/sums.h"
#include "kernels/cuda/words.h"

namespace poolbench::POOLBENCH_CUDA_SIDE {

template <class Op>
struct Parts;

// A 16-bit float is the lower half of a word, whose upper half means nothing: no merge clears it.
template <class T, class Order>
struct Parts<Extreme<T, Order>> {
  static constexpr bool kLowerHalf = facts(kDTypeOf<T>).is_float() && sizeof(T) == 2;
  using Part = std::conditional_t<kLowerHalf, uint32_t, Compute<T>>;
  using Total = Part;
  static constexpr bool kIdempotent = true, kLimited = false;

  POOLBENCH_DEVICE explicit Parts(const Shapes&) {}
  POOLBENCH_DEVICE Part none() const {
    if constexpr (kLowerHalf)
      return identity_word<Order, T>();
    else
      return Order::template identity<T>();
  }
  POOLBENCH_DEVICE Part of(T v, int32_t) const {
    if constexpr (kLowerHalf)
      return v.bits;
    else
      return v;
  }
  template <int N>
  POOLBENCH_DEVICE void raise(Part (&)[N]) const {}
  POOLBENCH_DEVICE Part merge(Part before, Part after) const {
    if constexpr (kLowerHalf)
      return best_words<Order, T>(before, after);
    else
      return best_of<Order>(before, after);
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const { total = merge(total, part); }
  POOLBENCH_DEVICE Part total(const Total& total) const { return total; }
  POOLBENCH_DEVICE T value(Part part, Divisor) const {
    if constexpr (kLowerHalf)
      return lane<T>(part, 0);
    else
      return T(part);
  }
};

// The types of PairParts.
inline constexpr Set<DType> kPairTypes = {DType::kF16, DType::kBF16, DType::kI8, DType::kU8};

// Extremes of two 16-bit floats or bytes at once, each a 16-bit key in a word. A byte's key is a
// positive f16 of the same order: its sign flipped where it has one, below an exponent that makes
// all of them normal numbers.
template <class T, class Order>
struct PairParts {
  static constexpr bool kBytes = !facts(kDTypeOf<T>).is_float();
  static_assert(kPairTypes.has(kDTypeOf<T>) && sizeof(T) == (kBytes ? 1 : 2));
  using Key = std::conditional_t<kBytes, f16, T>;
  static constexpr uint32_t kLowestKeys = 0x04000400;
  static constexpr uint32_t kFlipped = std::is_signed_v<T> ? kLowestKeys | 0x00800080 : kLowestKeys;

  POOLBENCH_DEVICE static uint32_t none() {
    if constexpr (kBytes) {
      const auto least = T(Order::template identity<T>());
      return of(least, least);
    } else {
      return identity_word<Order, T>();
    }
  }
  POOLBENCH_DEVICE static uint32_t of(T low, T high) {
    if constexpr (kBytes)
      return byte_permute(uint8_t(low), uint8_t(high), 0x5410) ^ kFlipped;
    else
      return byte_permute(low.bits, high.bits, 0x5410);
  }
  POOLBENCH_DEVICE static uint32_t merge(uint32_t a, uint32_t b) {
    return best_words<Order, Key>(a, b);
  }
  POOLBENCH_DEVICE static T value(uint32_t pair, int i) {
    if constexpr (kBytes)
      return T(uint8_t((pair ^ kFlipped) >> 16 * i));
    else
      return lane<T>(pair, i);
  }
};

// An element and its position in the plane; -1: none.
template <class T>
struct Placed {
  Compute<T> best;
  int32_t at;
};
template <class T, class Order>
struct Parts<ExtremeIndex<T, Order>> {
  using Part = Placed<T>;
  using Total = Part;
  static constexpr bool kIdempotent = true, kLimited = false;

  POOLBENCH_DEVICE explicit Parts(const Shapes&) {}
  POOLBENCH_DEVICE Part none() const { return {Order::template identity<T>(), -1}; }
  POOLBENCH_DEVICE Part of(T v, int32_t position) const { return {load(v), position}; }
  template <int N>
  POOLBENCH_DEVICE void raise(Part (&)[N]) const {}
  // The first of equals and the last NaN win; a tap wins over none.
  POOLBENCH_DEVICE Part merge(Part before, Part after) const {
    const bool later = Order::beats(after.best, before.best) || is_nan(after.best) || before.at < 0;
    return later && after.at >= 0 ? after : before;
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const { total = merge(total, part); }
  POOLBENCH_DEVICE Part total(const Total& total) const { return total; }
  POOLBENCH_DEVICE T value(Part part, Divisor) const {
    if constexpr (std::is_integral_v<T>)
      return T(part.best);  // an element's own value: store() would saturate it
    else
      return store<T>(part.best);
  }
};

template <class Rule>
struct SumParts {
  using T = typename Rule::Type;
  using Part = Compute<T>;
  using Total = RunningSum<Part>;
  static constexpr bool kIdempotent = false, kLimited = true;
  Rule rule;
  Divisor given;

  POOLBENCH_DEVICE explicit SumParts(const Shapes& args) : rule(args), given(Rule::given(args)) {}
  POOLBENCH_DEVICE Part none() const { return 0; }
  POOLBENCH_DEVICE Part of(T v, int32_t) const { return rule.term(v); }
  template <int N>
  POOLBENCH_DEVICE void raise(Part (&parts)[N]) const {
    rule.raise(parts);
  }
  POOLBENCH_DEVICE Part merge(Part before, Part after) const { return before + after; }
  POOLBENCH_DEVICE void add(Total& total, Part part) const { total.add(part); }
  POOLBENCH_DEVICE Part total(const Total& total) const { return total.total(); }
  POOLBENCH_DEVICE T value(Part part, Divisor count) const {
    return rule.value(part, given.value != 0 ? given : count);
  }
};
template <class T>
struct Parts<Mean<T>> : SumParts<Mean<T>> {
  using SumParts<Mean<T>>::SumParts;
};
template <class T>
struct Parts<Norm2<T>> : SumParts<Norm2<T>> {
  using SumParts<Norm2<T>>::SumParts;
};
template <class T>
struct Parts<Powers<T>> : SumParts<Powers<T>> {
  using SumParts<Powers<T>>::SumParts;
};
template <class T>
struct Parts<Average<T>> : SumParts<Mean<T>> {
  using SumParts<Mean<T>>::SumParts;
};

// Lp of floats: a part is a sum of powers, or where p is infinite the largest magnitude.
template <class T>
struct Parts<Lp<T>> {
  using Part = float;
  using Total = RunningSum<float>;
  static constexpr bool kIdempotent = false, kLimited = true;
  Lp<T> op;
  bool infinite, whole;  // what p is
  Powers<T> powers;

  POOLBENCH_DEVICE explicit Parts(const Shapes& args)
      : op(args), infinite(op.infinite()), whole(is_whole_power(args)), powers(args) {}
  POOLBENCH_DEVICE Part none() const { return 0; }
  POOLBENCH_DEVICE Part of(T v, int32_t) const {
    float x[1] = {Powers<T>::term(v)};
    if (whole)
      powers.raise(x);
    else if (!infinite)
      x[0] = abs_power(x[0], op.p);
    return x[0];
  }
  POOLBENCH_DEVICE Part merge(Part before, Part after) const {
    return infinite ? best_of<Largest>(before, after) : before + after;
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const {
    if (infinite)
      total.sum = best_of<Largest>(total.sum, part);
    else
      total.add(part);
  }
  POOLBENCH_DEVICE Part total(const Total& total) const {
    return infinite ? total.sum : total.total();
  }
  POOLBENCH_DEVICE T value(Part part, Divisor count) const {
    if (infinite) return store<T>(part);
    const Divisor divisor(op.mean && count.value > 0 ? count : Divisor(1, 1));
    return whole ? powers.value(part, divisor) : store<T>(root(part * divisor.inverse, op.p));
  }
};

// Merges part_at(begin) ... part_at(end - 1), in this order.
template <class Op, class PartAt>
POOLBENCH_DEVICE typename Parts<Op>::Part merge_range(const Parts<Op>& parts, int32_t begin,
                                                      int32_t end, PartAt&& part_at) {
  auto run = parts.none();
  if (!Parts<Op>::kLimited || end - begin <= kMaxPlainTerms) {
    for (int32_t i = begin; i < end; ++i) run = parts.merge(run, part_at(i));
    return run;
  }
  typename Parts<Op>::Total total{};
  while (begin < end) {
    const int32_t limit = begin + kMaxPlainTerms, stop = limit < end ? limit : end;
    for (; begin < stop; ++begin) run = parts.merge(run, part_at(begin));
    parts.add(total, run);
    run = parts.none();
  }
  return parts.total(total);
}

// Neighbours in shared memory: element o stands at byte zero + o * step.
struct Line {
  int32_t zero, step;
  POOLBENCH_DEVICE int32_t at(int32_t o) const { return zero + o * step; }
};

// Reduces windows of `kernel` neighbours that move by one: output o's window is elements o to o +
// kernel - 1 of `reads`, of which [begin, end) are inside the input. The windows of `kernel`
// neighbouring outputs all contain the last tap of the first one. With the parts of the tails up to
// there kept, each output costs two reads and three merges, whatever the window's size. Sources:
// van Herk 1992, Gil and Werman 1993.
//
// Makes outputs first to first + kernel - 1, below n. Windows begin below `end`. read(at), keep(at,
// part), kept(at) and emit(at, o, part) get byte offsets on the lines. Elements [begin, n) of
// `keeps` are the thread's own, and may be those of `reads` or of `emits`. `parts` has none() and
// merge().
//
// There is one loop for each case, and offsets advance with it. Counted, sm_90:
//
//   f16 13x13 s1                                      instructions an output
//   as it stands                                      39
//   offsets and conditions computed in each step      46
//   loops unrolled by 2, by 4                         41, 43
template <class Merger, class Read, class Keep, class Kept, class Emit>
POOLBENCH_DEVICE void slide(const Merger& parts, int32_t first, int32_t n, int32_t kernel,
                            int32_t begin, int32_t end, Line reads, Line keeps, Line emits,
                            Read&& read, Keep&& keep, Kept&& kept, Emit&& emit) {
  const auto least = [](int32_t a, int32_t b) { return a < b ? a : b; };
  const int32_t past = least(first + kernel, n), low = first > begin ? first : begin;
  auto tail = parts.none();
  int32_t o = least(first + kernel, end) - 1;
  int32_t from = reads.at(o);
  POOLBENCH_UNROLL_BY(1)
  for (; o >= (past > low ? past : low); --o, from -= reads.step)
    tail = parts.merge(read(from), tail);
  int32_t place = keeps.at(o);
  POOLBENCH_UNROLL_BY(1)
  for (; o >= low; --o, from -= reads.step, place -= keeps.step) {
    tail = parts.merge(read(from), tail);
    keep(place, tail);
  }

  auto head = parts.none();
  o = first;
  from = reads.at(o + kernel);
  place = keeps.at(low);
  int32_t to = emits.at(o);
  const auto walk = [&](int32_t until, bool inside, bool more) {
    POOLBENCH_UNROLL_BY(1)
    for (; o < least(until, past); ++o, to += emits.step) {
      if (inside) {
        emit(to, o, parts.merge(kept(place), head));
        place += keeps.step;
      } else {
        emit(to, o, parts.merge(tail, head));
      }
      if (more) {
        head = parts.merge(head, read(from));
        from += reads.step;
      }
    }
  };
  const int32_t last = end - kernel;  // outputs from here on read nothing new
  walk(least(begin, last), false, true);
  walk(begin, false, false);
  walk(last, true, true);
  walk(past, true, false);
}

}  // namespace poolbench::POOLBENCH_CUDA_SIDE

#endif  // POOLBENCH_KERNELS_CUDA_PARTS_CUH_
