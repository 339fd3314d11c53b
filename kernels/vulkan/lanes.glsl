// Kernels that share work between outputs: a Lane for each output, and accesses of 16 bytes.
//
//   lane = join(lane, tap(element, position))
//   result(lane, product(divisor_of(taps on d and h), divisor_of(taps on w)))
//
// A Lane is less than an Op of reductions.glsl: taps come in the order of memory, and sums are
// plain. lanes_refuse() of lanes.cpp keeps them within kAllowedPlainTerms.

#if defined(PACKED)
// Two f16 in a word. The device's own maximum may drop NaN, so the high bit of each half of `nan`
// says where one was. Two instructions a word, two a join.
struct Lane {
  uint best;
  uint nan;
};
const Lane kStart = Lane(0xfc00fc00u, 0);
#ifdef SMALLEST
#define flipped_word(word) ((word) ^ 0x80008000u)
#else
#define flipped_word(word) (word)
#endif
Lane tap(uint word, int) { return Lane(flipped_word(word), (word & 0x7fff7fffu) + 0x03ff03ffu); }
Lane join(Lane a, Lane b) {
  return Lane(packFloat2x16(max(unpackFloat2x16(a.best), unpackFloat2x16(b.best))), a.nan | b.nan);
}
uint result(Lane a, int) {
  const uint nan = ((a.nan >> 15) & 0x00010001u) * 0x7fffu;
  return flipped_word(a.best) | nan;
}
#elif REDUCTION == MAX
#define Lane Key
const Lane kStart = kLowest;
Lane tap(Stored v, int) { return key(v); }
Lane join(Lane a, Lane b) { return max(a, b); }
Stored result(Lane a, int) { return stored_key(a); }
#elif REDUCTION == MAX_INDEX
struct Lane {
  Key best;
  int at;  // a place; below 0: no tap
};
const Lane kStart = Lane(kLowest, -1);
Lane tap(Stored v, int position) { return Lane(key(v), place(v, position)); }
Lane join(Lane a, Lane b) {  // b stands behind a
  return b.at >= 0 && (a.at < 0 || b.best > a.best || is_nan_key(b.best)) ? b : a;
}
Stored result(Lane a, int) { return stored_at(a.best, a.at); }
#elif NEEDS_REAL
#define Lane Real
const Lane kStart = Real(0);
Lane join(Lane a, Lane b) { return a + b; }
// A divisor up to kMostHalfDivisor, or an axis' factor of it, and its inverse. A window without a tap
// has a sum of 0.
struct RealDivisor {
  Real by;
  Real inverse;
};
#define Divisor RealDivisor
Divisor divisor_of(int count) {
  const Real by = count == 0 ? Real(1) : Real(count);
  return Divisor(by, Real(1) / by);
}
Divisor product(Divisor a, Divisor b) { return Divisor(a.by * b.by, a.inverse * b.inverse); }
Real quotient(Real sum, Divisor divisor) {
  return corrected(sum, divisor.by, Real(0), divisor.inverse);
}
#if REDUCTION == AVERAGE
Lane tap(Stored v, int) { return real(v); }
Stored result(Lane a, Divisor by) { return stored_real(quotient(a, by)); }
#else
Lane tap(Stored v, int) { return abs_power(abs(real(v))); }
Stored result(Lane a, Divisor by) { return norm_of(args.norm_mean != 0 ? quotient(a, by) : a); }
#endif
#else  // sums of integers, exact below 2^24
#define Lane float
const Lane kStart = 0;
Lane tap(Stored v, int) { return float(v); }
Lane join(Lane a, Lane b) { return a + b; }
#define Divisor float
Divisor divisor_of(int count) { return count == 0 ? 1.0 : float(count); }
Divisor product(Divisor a, Divisor b) { return a * b; }
// Rounds the quotient to the nearest integer, ties to even. For divisors up to 2^13
// (lanes_refuse()) it is on the right side of a half, or where it is a half itself, its double is
// exact.
Stored result(Lane sum, Divisor divisor) {
  const float kWhole = 12582912.0;  // 1.5 * 2^23: added to a number it rounds it to an integer
  float quotient = clamp(sum / divisor, float(kLow), float(kHigh));
  precise const float twice = (quotient + quotient + kWhole) - kWhole;
  if (twice * divisor == sum + sum) quotient = 0.5 * twice;
  return floatBitsToInt(quotient + kWhole);  // in its low bits
}
#endif

#ifndef Divisor  // maxima divide by nothing
#define Divisor int
Divisor divisor_of(int) { return 0; }
Divisor product(Divisor, Divisor) { return 0; }
#endif

// Taps of the window at `start` inside the input, or with `include_pad` inside the padded input.
int tap_count(Axis axis, int start, int kernel, int step, bool include_pad) {
  const int src = int(axis.src);
  const int past = start + (kernel - 1) * step + 1;
  if (include_pad) return (min(past, src + int(axis.pad_end)) - start + step - 1) / step;
  const int begin = start >= 0 ? start : start + (step - 1 - start) / step * step;
  return max(0, (min(past, src) - begin + step - 1) / step);
}

bool inside(int x, int64_t extent) { return uint(x) < uint(extent); }

layout(buffer_reference, scalar, buffer_reference_align = 8) writeonly buffer Indices {
  int64_t index;
};

#if ELEMENT_BYTES <= 4  // the types of kernels that take 16 bytes at once
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer WideSource {
  uvec4 words;
};
layout(buffer_reference, std430, buffer_reference_align = 16) writeonly buffer WideTarget {
  uvec4 words;
};

// A word of elements that lose to every other; with indices their position must be -1.
#ifndef SMALLEST
#if REDUCTION != MAX && REDUCTION != MAX_INDEX
const uint kNothing = 0;
#elif DTYPE == F32
const uint kNothing = 0xff800000u;
#elif DTYPE == F16
const uint kNothing = 0xfc00fc00u;
#elif DTYPE == BF16
const uint kNothing = 0xff80ff80u;
#elif DTYPE == I8
const uint kNothing = 0x80808080u;
#elif DTYPE == U8
const uint kNothing = 0;
#elif DTYPE == I32
const uint kNothing = 0x80000000u;
#elif DTYPE == I16
const uint kNothing = 0x80008000u;
#endif
#elif DTYPE == F32
const uint kNothing = 0x7f800000u;
#elif DTYPE == F16
const uint kNothing = 0x7c007c00u;
#elif DTYPE == BF16
const uint kNothing = 0x7f807f80u;
#elif DTYPE == I8
const uint kNothing = 0x7f7f7f7fu;
#elif DTYPE == U8
const uint kNothing = 0xffffffffu;
#elif DTYPE == I32
const uint kNothing = 0x7fffffffu;
#elif DTYPE == I16
const uint kNothing = 0x7fff7fffu;
#endif

// The Lanes of 16 bytes: one for an element, or for a word of two.
#ifdef PACKED
const int kLanes = 4;
Lane tap_of(uvec4 words, int i, int position) { return tap(words[i], position); }
void put(inout uvec4 words, int i, Lane lane, int) { words[i] = result(lane, 0); }
#else
const int kLanes = LANES;
Lane tap_of(uvec4 words, int i, int position) { return tap(unpacked(words, i), position); }
void put(inout uvec4 words, int i, Lane lane, Divisor by) {
  pack(words, i, result(lane, by));
}
#endif
#endif
