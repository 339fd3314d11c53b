// Powers and roots for any p, right to a few units of the last place: the logarithm carries twice
// the digits of Real. GLSL's pow() may be off by 2^-15 and does not exist for f64. Slower than
// pow(), so whole norms compute their powers by squaring (reductions.glsl).

struct Pair {  // the value hi + lo, |lo| at most half a unit of hi's last place
  Real hi;
  Real lo;
};

#if REAL_IS_DOUBLE
const Real kSplit = 134217729.0lf;  // 2^27 + 1 halves a significand
const Pair kPerLn2 = Pair(1.4426950408889634lf, 2.0355273740931033e-17lf);
const Real kLn2 = 0.6931471805599453lf;
const Real kLargestP = 1e200lf;
const int kDigits = 52, kBias = 1023;
const int kLogTerms = 12, kExpTerms = 13;  // cut below 2^-60 and 2^-57
#else
const Real kSplit = 4097.0;
const Pair kPerLn2 = Pair(1.44269502, 1.92596299e-8);
const Real kLn2 = 0.693147181;
const Real kLargestP = 1e30;
const int kDigits = 23, kBias = 127;
const int kLogTerms = 6, kExpTerms = 7;  // cut below 2^-34 and 2^-27
#endif

Pair fast_two_sum(Real a, Real b) {  // a + b for |a| >= |b|
  precise const Real hi = a + b;
  precise const Real lo = b - (hi - a);
  return Pair(hi, lo);
}

Pair split(Real a) {
  precise const Real big = kSplit * a;
  precise const Real hi = big - (big - a);
  precise const Real lo = a - hi;
  return Pair(hi, lo);
}

Pair two_product(Real a, Real b) {  // Dekker: fma() is not promised to round once
  const Pair x = split(a), y = split(b);
  precise const Real hi = a * b;
  precise const Real lo = ((x.hi * y.hi - hi) + x.hi * y.lo + x.lo * y.hi) + x.lo * y.lo;
  return Pair(hi, lo);
}

Pair times(Pair a, Pair b) {
  Pair product = two_product(a.hi, b.hi);
  product.lo += a.hi * b.lo + a.lo * b.hi;
  return fast_two_sum(product.hi, product.lo);
}

Pair over(Pair a, Pair b) {
  const Real quotient = a.hi / b.hi;
  const Pair back = two_product(quotient, b.hi);
  precise const Real rest = ((a.hi - back.hi) - back.lo) + (a.lo - quotient * b.lo);
  return fast_two_sum(quotient, rest / b.hi);
}

Real power_of_two(int e) { return real_of_bits(RealBits(e + kBias) << kDigits); }

// log2 of a positive, finite number: m 2^e with m in [sqrt(1/2), sqrt(2)), and
// ln m = 2 (s + s^3/3 + s^5/5 + ...) with s = (m - 1) / (m + 1).
Pair log2_pair(Real x) {
  const bool subnormal = (real_bits(x) >> kDigits) == 0;
  if (subnormal) x *= power_of_two(kDigits + 1);
  int e = int(real_bits(x) >> kDigits) - kBias - (subnormal ? kDigits + 1 : 0);
  Real m = real_of_bits((real_bits(x) & ((RealBits(1) << kDigits) - 1)) |
                        (RealBits(kBias) << kDigits));
  if (m > Real(1.4142135)) {
    m *= Real(0.5);
    e += 1;
  }
  const Pair s = over(Pair(m - Real(1), Real(0)), fast_two_sum(m > Real(1) ? m : Real(1),
                                                               m > Real(1) ? Real(1) : m));
  const Real square = s.hi * s.hi;
  Real series = Real(0);
  [[unroll]] for (int k = kLogTerms; k >= 1; --k)
    series = (series + Real(2) / Real(2 * k + 1)) * square;
  const Pair ln = fast_two_sum(Real(2) * s.hi, Real(2) * s.lo + s.hi * series);
  const Pair log2_m = times(ln, kPerLn2);
  if (e == 0) return log2_m;
  const Pair sum = fast_two_sum(Real(e), log2_m.hi);
  return fast_two_sum(sum.hi, sum.lo + log2_m.lo);
}

Real exp2_pair(Pair t) {
  if (t.hi > Real(kBias + 2)) return real_of_bits(kRealInfinity);
  if (t.hi < Real(-kBias - kDigits - 4)) return Real(0);
  const Real whole = floor(t.hi + Real(0.5));
  const Real y = ((t.hi - whole) + t.lo) * kLn2;
  Real result = Real(1);
  [[unroll]] for (int k = kExpTerms; k >= 1; --k) result = Real(1) + result * (y / Real(k));
  const int half_way = int(whole) / 2;  // in two steps: 2^whole may lie outside the range
  return result * power_of_two(half_way) * power_of_two(int(whole) - half_way);
}

// p of the problem from its f64 bits, clamped: beyond kLargestP every power of anything but 1
// overflows or vanishes.
Pair norm_pair(uint64_t f64_bits) {
#if REAL_IS_DOUBLE
  const Real p = int64BitsToDouble(int64_t(f64_bits));
  return Pair(clamp(p, Real(1) / kLargestP, kLargestP), Real(0));
#else
  const int e = int(f64_bits >> 52) - 1023;  // p > 0: no sign
  if (e > 99) return Pair(kLargestP, Real(0));
  if (e < -99) return Pair(Real(1) / kLargestP, Real(0));
  const Real hi = real_of_bits((e + kBias) << kDigits | int((f64_bits >> 29) & 0x7fffffUL));
  // 2^(e - 52) in two steps: it may be subnormal.
  const Real lo = Real(uint(f64_bits & 0x1fffffffUL)) * power_of_two(-52) * power_of_two(e);
  return fast_two_sum(hi, lo);
#endif
}

bool is_zero_or_not_finite(Real x) { return !(x > Real(0)) || real_bits(x) >= kRealInfinity; }

// x^p and x^(1/p) for x >= 0. Zero, infinity and NaN stay themselves.
Real power(Real x, Pair p) {
  return is_zero_or_not_finite(x) ? x : exp2_pair(times(log2_pair(x), p));
}
Real root(Real x, Pair p) {
  return is_zero_or_not_finite(x) ? x : exp2_pair(over(log2_pair(x), p));
}

// sqrt() promises no more digits for f64 than for f32: Newton's step doubles them.
Real root_of_two(Real x) {
#if REAL_IS_DOUBLE
  if (is_zero_or_not_finite(x)) return x;
  Real y = Real(sqrt(x));
  y = Real(0.5) * (y + x / y);
  return Real(0.5) * (y + x / y);
#else
  return sqrt(x);
#endif
}
