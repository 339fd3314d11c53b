// The judgement of one output by the reference. host/spec.md, Judgement, has the rules.
#ifndef POOLBENCH_HOST_JUDGE_H_
#define POOLBENCH_HOST_JUDGE_H_

#include "host/problem.h"
#include "host/reference.h"

namespace poolbench {

// Judges one output; `got` points at its element. The rules:
//
//   max, indices   exact; NaN equals NaN, and -0 equals +0 but beside an index
//   average        |y - exact| <= min(taps - 1, 64 + ceil(log2 taps)) u sum|x| / |divisor|, then
//                  rounded to the accumulator and to the output type; u: half an ulp of the
//                  accumulator's 1. Of equal numbers, where no sum of them rounds: the quotient,
//                  rounded once. Integers: exact.
//   Lp             the same relative to the value, and 4 ulp of the accumulator, both over
//                  min(p, 1) since the root magnifies
//
// Where sums can leave the accumulator's range, the infinity of that side is accepted too (NaN
// where both sides can be left); where they lie below its normal numbers, a flushed value. Both are
// counted.
struct Judgement {
  bool right = false;
  bool out_of_range = false;
  double ulp = 0;
  double allowed = 0;
  double rounding = 0.5;  // of `allowed`, what is for rounding alone
  // The error as a share of what is allowed, both without what is for rounding: 0 to 1 for a right
  // output. (The allowed interval's ends are rounded too, so a right one may lie just beyond it.)
  double error() const {
    if (ulp <= rounding) return 0;
    const double share = (ulp - rounding) / (allowed - rounding);
    return right && !(share < 1) ? 1 : share;
  }
};
Judgement judge(const Problem& problem, const Expected& expected, const void* got,
                int64_t got_index);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_JUDGE_H_
