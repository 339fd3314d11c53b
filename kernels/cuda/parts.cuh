// Reductions in parts: what some of a window's taps come to, and how two parts become one. Merging
// is associative, so windows may be cut into rows, and rows into pieces that neighbours share.
//
//   Part none()                         of no tap
//   Part of(T v, int32_t position)      of one tap
//   raise(Part (&)[N])                  what of() leaves to do, for several taps at once
//   Part merge(Part before, Part after) the taps of `after` come later in row-major order
//   add(Total&, Part), total(Total)     parts merged one after the other, in any number
//   T value(Part, Divisor count)        as Op::value in kernels/reduce.h
//
// Sums lose digits with every merge: at most kMaxPlainTerms taps of an axis are merged plainly
// (kLimited), longer ones are added to a total in runs of as many. kIdempotent: merging a part into
// itself changes nothing, so places outside the input may be replaced by their nearest ones inside,
// which belong to the window too where it is dense.
#ifndef POOLBENCH_KERNELS_CUDA_PARTS_CUH_
#define POOLBENCH_KERNELS_CUDA_PARTS_CUH_

#include "kernels/cuda/family.h"
#include "kernels/cuda/words.h"

namespace poolbench {

template <class Op>
struct Parts;

// 16-bit floats in the lower half of a word, whose upper half means nothing: so no merge has to
// clear it.
template <class T>
struct Parts<Max<T>> {
  static constexpr bool kHalf = sizeof(T) == 2;
  using Part = std::conditional_t<kHalf, uint32_t, Compute<T>>;
  using Total = Part;
  static constexpr bool kIdempotent = true, kLimited = false;

  POOLBENCH_DEVICE explicit Parts(const Shapes&) {}
  POOLBENCH_DEVICE Part none() const {
    if constexpr (kHalf)
      return lowest_word<T>();
    else
      return lowest<T>();
  }
  POOLBENCH_DEVICE Part of(T v, int32_t) const {
    if constexpr (kHalf)
      return v.bits;
    else
      return v;
  }
  template <int N>
  POOLBENCH_DEVICE void raise(Part (&)[N]) const {}
  POOLBENCH_DEVICE Part merge(Part before, Part after) const {
    if constexpr (kHalf)
      return max_words<T>(before, after);
    else
      return max_of(before, after);
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const { total = merge(total, part); }
  POOLBENCH_DEVICE Part total(const Total& total) const { return total; }
  POOLBENCH_DEVICE T value(Part part, Divisor) const {
    if constexpr (kHalf)
      return lane<T>(part, 0);
    else
      return T(part);
  }
};

// Maxima of two 16-bit floats or bytes at once, each a 16-bit key of a word. A byte's key is a
// positive f16 of the same order: its sign flipped where it has one, below an exponent that makes
// all of them normal numbers.
template <class T>
struct PairParts {
  static constexpr bool kByte = sizeof(T) == 1;
  using Key = std::conditional_t<kByte, f16, T>;
  static constexpr uint32_t kLowestByte = 0x04000400;
  static constexpr uint32_t kFlipped =
      std::is_same_v<T, int8_t> ? kLowestByte | 0x00800080 : kLowestByte;

  POOLBENCH_DEVICE static uint32_t none() { return kByte ? kLowestByte : lowest_word<Key>(); }
  POOLBENCH_DEVICE static uint32_t of(T low, T high) {
    if constexpr (kByte)
      return byte_permute(uint8_t(low), uint8_t(high), 0x5410) ^ kFlipped;
    else
      return byte_permute(low.bits, high.bits, 0x5410);
  }
  POOLBENCH_DEVICE static uint32_t merge(uint32_t a, uint32_t b) { return max_words<Key>(a, b); }
  POOLBENCH_DEVICE static T value(uint32_t pair, int i) {
    if constexpr (kByte)
      return T(uint8_t((pair ^ kFlipped) >> 16 * i));
    else
      return lane<T>(pair, i);
  }
};

// An element and its place in the plane; -1 where there is none.
template <class T>
struct PlacedMax {
  Compute<T> best;
  int32_t at;
};
template <class T>
struct Parts<MaxIndex<T>> {
  using Part = PlacedMax<T>;
  using Total = Part;
  static constexpr bool kIdempotent = true, kLimited = false;

  POOLBENCH_DEVICE explicit Parts(const Shapes&) {}
  POOLBENCH_DEVICE Part none() const { return {lowest<T>(), -1}; }
  POOLBENCH_DEVICE Part of(T v, int32_t position) const { return {load(v), position}; }
  template <int N>
  POOLBENCH_DEVICE void raise(Part (&)[N]) const {}
  // The first of equals and the last NaN win; a tap wins over none.
  POOLBENCH_DEVICE Part merge(Part before, Part after) const {
    const bool later = after.best > before.best || is_nan(after.best) || before.at < 0;
    return later && after.at >= 0 ? after : before;
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const { total = merge(total, part); }
  POOLBENCH_DEVICE Part total(const Total& total) const { return total; }
  POOLBENCH_DEVICE T value(Part part, Divisor) const {
    if constexpr (std::is_integral_v<T>)
      return T(part.best);
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

// Of floats; a part is a sum of powers, or where p is infinite the largest magnitude.
template <class T>
struct Parts<Lp<T>> {
  using Part = float;
  using Total = RunningSum<float>;
  static constexpr bool kIdempotent = false, kLimited = true;
  Lp<T> op;
  bool infinite, whole;  // what p is; whole: is_power()
  Powers<T> powers;

  POOLBENCH_DEVICE explicit Parts(const Shapes& args)
      : op(args), infinite(op.infinite()), whole(is_power(args)), powers(args) {}
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
    return infinite ? max_of(before, after) : before + after;
  }
  POOLBENCH_DEVICE void add(Total& total, Part part) const {
    if (infinite)
      total.sum = max_of(total.sum, part);
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

// Merges part_at(begin) ... part_at(end - 1), in their order.
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

// Neighbours in shared memory, `step` bytes apart.
struct Line {
  int32_t zero, step;
  POOLBENCH_DEVICE int32_t at(int32_t o) const { return zero + o * step; }
};

// Windows of `kernel` neighbours that move by one: output o's window is places o to o + kernel - 1
// of `reads`, of which [begin, end) are inside the input. The windows of `kernel` neighbouring
// outputs all meet in the last tap of the first one. With the parts of the tails up to there kept,
// each output costs two reads and three merges, however large the window (van Herk 1992, Gil and
// Werman 1993).
//
// Makes outputs first to first + kernel - 1, below n. Windows begin below `end`. read(at), keep(at,
// part), kept(at) and emit(at, o, part) are given bytes of the lines; places [begin, n) of `keeps`
// are the thread's own, and may be those of `reads`, or of `emits`. `parts` has none() and merge().
//
// A loop for each case, and bytes that move along, so that a step holds little but its work: 39
// instructions an output of f16 13x13, where places and conditions worked out in each step take 46.
// Loops of two and four steps take 41 and 43, for their rests and what leads into them.
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
  const int32_t last = end - kernel;  // outputs from here on have nothing more to read
  walk(least(begin, last), false, true);
  walk(begin, false, false);
  walk(last, true, true);
  walk(past, true, false);
}

}  // namespace poolbench

#endif  // POOLBENCH_KERNELS_CUDA_PARTS_CUH_
