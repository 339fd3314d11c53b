// The reductions of kernels/reduce.h: an Op for REDUCTION and the element type.
//
//   Op op = op_start();  op_add(op, element, position);  ...  op_value(op, count), position_of(op.at)
//
// op_join(op, other) merges two Ops, in any order.

#include "kernels/vulkan/ops.h"

#if NEEDS_REAL

// RunningSum and two_sum of kernels/reduce.h; `precise` keeps a driver from simplifying them.
void add(inout RunningSum s, Real v) {
  precise const Real total = s.sum + v;
  precise const Real seen = total - s.sum;
  precise const Real lost = s.lost + ((s.sum - (total - seen)) + (v - seen));
  s.sum = total;
  s.lost = lost;
}
void join_sums(inout RunningSum s, RunningSum other) {
  add(s, other.sum);
  s.lost += other.lost;
}
Real total(RunningSum s) {
  precise const Real corrected = s.sum + s.lost;
  return is_nan(corrected) ? s.sum : corrected;  // after an overflow `lost` means nothing
}

// The upper half of a number's digits. What is left is the lower half, exactly.
Real upper_half(Real v) {
  return real_of_bits(real_bits(v) & ~((RealBits(1) << kLowerBits) - RealBits(1)));
}

// sum / by rounded once: corrected_quotient() of kernels/reduce.h, whatever the device. Its division
// may be off by 2.5 ulp, and its fma() may round twice; so products are of halves, and exact.
// `by_low`: what `by_high` leaves of the divisor; 0 up to kMostHalfDivisor. 8 instructions.
Real corrected(Real sum, Real by_high, Real by_low, Real inverse) {
  const Real near = sum * inverse, near_high = upper_half(near);
  precise const Real near_low = near - near_high;
  precise Real left = fma(-near_low, by_high, fma(-near_high, by_high, sum));
  if (by_low != 0) left = fma(-near_low, by_low, fma(-near_high, by_low, left));
  precise const Real exact = fma(left, inverse, near);
  // An infinite sum leaves over nothing that means something.
  return (real_bits(left) & kRealMagnitude) < kRealInfinity ? exact : near;
}
Real divided(Real sum, Real by) {
  const Real by_high = upper_half(by);
  return corrected(sum, by_high, by - by_high, Real(1) / by);
}

#endif

#if REDUCTION == MAX

#define Op MaxOp
Op op_start() { return Op(kLowest); }
void op_add(inout Op op, Stored v, int64_t) { op.best = max(op.best, key(v)); }
void op_join(inout Op op, Op other) { op.best = max(op.best, other.best); }
Stored op_value(Op op, int64_t) { return stored_key(op.best); }

#elif REDUCTION == MAX_INDEX

#define Op MaxIndexOp
Op op_start() { return Op(kLowest, -1L); }
void op_add(inout Op op, Stored v, int64_t position) {
  const Key k = key(v);
  if (k > op.best || is_nan_key(k) || op.at < 0) op = Op(k, place(v, position));
}
void op_join(inout Op op, Op other) {
  const bool behind = other.at > op.at;
  if (other.at >= 0 && (op.at < 0 || other.best > op.best ||
                        (other.best == op.best && behind == is_nan_key(op.best))))
    op = other;
}
Stored op_value(Op op, int64_t) { return stored_at(op.best, op.at); }

#elif REDUCTION == AVERAGE && IS_FLOAT

#define Op AverageOp
Op op_start() { return Op(RunningSum(Real(0), Real(0))); }
void op_add(inout Op op, Stored v, int64_t) { add(op.sum, real(v)); }
void op_join(inout Op op, Op other) { join_sums(op.sum, other.sum); }
Stored op_value(Op op, int64_t count) {
  const int64_t divisor = args.divisor != 0 ? args.divisor : count;
  return stored_real(divisor == 0 ? Real(0) : divided(total(op.sum), Real(divisor)));
}

#elif REDUCTION == AVERAGE

#define Op IntegerAverageOp
Op op_start() { return Op(0L); }
void op_add(inout Op op, Stored v, int64_t) { op.sum += int64_t(v); }
void op_join(inout Op op, Op other) { op.sum += other.sum; }

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

Real abs_power(Real x) {
  if (kNorm == 0) return power(x, norm_pair(args.norm));
  Real result = Real(1);
  [[unroll]] for (int bit = 0; bit <= 10; ++bit) {
    if ((kNorm >> bit & 1) != 0) result *= x;
    if ((kNorm >> bit) > 1) x *= x;
  }
  return result;
}

// The norm from the sum of powers, or their mean.
Stored norm_of(Real sum) {
  return stored_real(kNorm == 1   ? sum
                     : kNorm == 2 ? root_of_two(sum)
                                  : root(sum, norm_pair(args.norm)));
}

#define Op LpOp
Op op_start() { return Op(RunningSum(Real(0), Real(0)), Key(0)); }
void op_add(inout Op op, Stored v, int64_t) {
  if (kNorm < 0)
    op.largest = max(op.largest, abs(key(v)));
  else
    add(op.sum, abs_power(abs(real(v))));
}
void op_join(inout Op op, Op other) {
  op.largest = max(op.largest, other.largest);
  join_sums(op.sum, other.sum);
}
Stored op_value(Op op, int64_t count) {
  if (kNorm < 0) return stored_key(op.largest);
  Real sum = total(op.sum);
  if (args.norm_mean != 0 && count > 0) sum /= Real(count);
  return norm_of(sum);
}

#endif
