// The reductions of kernels/reduce.h, by REDUCTION: what a window's elements become.
//
//   Op op = op_start();  op_add(op, element, position);  ...  op_value(op, count), op.at

#if NEEDS_REAL

// Knuth's TwoSum: the error does not grow with the number of terms.
struct RunningSum {
  Real sum;
  Real lost;
};
void add(inout RunningSum s, Real v) {
  precise const Real total = s.sum + v;
  precise const Real seen = total - s.sum;
  precise const Real lost = s.lost + ((s.sum - (total - seen)) + (v - seen));
  s.sum = total;
  s.lost = lost;
}
Real total(RunningSum s) {
  precise const Real corrected = s.sum + s.lost;
  return is_nan(corrected) ? s.sum : corrected;  // after an overflow `lost` means nothing
}

#endif

#if REDUCTION == MAX

struct Op {
  Key best;
};
Op op_start() { return Op(kLowest); }
void op_add(inout Op op, Stored v, int64_t) { op.best = max(op.best, key(v)); }
Stored op_value(Op op, int64_t) { return stored_key(op.best); }

#elif REDUCTION == MAX_INDEX

struct Op {
  Key best;
  int64_t at;
};
Op op_start() { return Op(kLowest, -1L); }
void op_add(inout Op op, Stored v, int64_t position) {
  const Key k = key(v);
  if (k > op.best || is_nan_key(k) || op.at < 0) op = Op(k, position);
}
Stored op_value(Op op, int64_t) { return stored_key(op.best); }

#elif REDUCTION == AVERAGE && IS_FLOAT

struct Op {
  RunningSum sum;
};
Op op_start() { return Op(RunningSum(Real(0), Real(0))); }
void op_add(inout Op op, Stored v, int64_t) { add(op.sum, real(v)); }
Stored op_value(Op op, int64_t count) {
  const int64_t divisor = args.divisor != 0 ? args.divisor : count;
  return stored_real(divisor == 0 ? Real(0) : total(op.sum) / Real(divisor));
}

#elif REDUCTION == AVERAGE

struct Op {
  int64_t sum;
};
Op op_start() { return Op(0L); }
void op_add(inout Op op, Stored v, int64_t) { op.sum += int64_t(v); }

// To the nearest integer, ties to even; divisor != 0.
int64_t divide_half_even(int64_t sum, int64_t divisor) {
  if (divisor < 0) {
    sum = -sum;
    divisor = -divisor;
  }
  int64_t rest = abs(sum);
  int64_t quotient = divide(rest, divisor);
  const int64_t other = divisor - rest;
  if (rest > other || (rest == other && (quotient & 1) != 0)) quotient += 1;
  return sum < 0 ? -quotient : quotient;
}
Stored op_value(Op op, int64_t count) {
  const int64_t divisor = args.divisor != 0 ? args.divisor : count;
  const int64_t value = divisor == 0 ? 0L : divide_half_even(op.sum, divisor);
  return Stored(clamp(value, int64_t(kLow), int64_t(kHigh)));
}

#elif REDUCTION == LP

#include "kernels/vulkan/power.glsl"

// What p is: a whole number in [1, 1024], infinite (-1), or any other (0).
layout(constant_id = 1) const int kNorm = 0;

Real abs_power(Real x) {
  if (kNorm == 0) return power(x, norm_pair(args.norm));
  Real result = Real(1);
  for (int rest = kNorm; rest != 0; rest >>= 1) {
    if ((rest & 1) != 0) result *= x;
    if (rest > 1) x *= x;
  }
  return result;
}

struct Op {
  RunningSum sum;
  Key largest;
};
Op op_start() { return Op(RunningSum(Real(0), Real(0)), Key(0)); }
void op_add(inout Op op, Stored v, int64_t) {
  if (kNorm < 0)
    op.largest = max(op.largest, abs(key(v)));
  else
    add(op.sum, abs_power(abs(real(v))));
}
Stored op_value(Op op, int64_t count) {
  if (kNorm < 0) return stored_key(op.largest);
  Real sum = total(op.sum);
  if (args.norm_mean != 0 && count > 0) sum /= Real(count);
  return stored_real(kNorm == 1 ? sum : root(sum, norm_pair(args.norm)));
}

#endif
