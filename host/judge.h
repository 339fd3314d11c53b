// The judgement of one output by the reference. host/spec.md, Judgement, has the rules.
#ifndef POOLBENCH_HOST_JUDGE_H_
#define POOLBENCH_HOST_JUDGE_H_

#include "host/problem.h"
#include "host/reference.h"

namespace poolbench {

// Judges one output; `got` points at its element. The rules:
//   max, indices   exact; NaN equals NaN. -0 equals +0, but with an index the value is the one
//   there average        |y - exact| <= (64 + ceil(log2 taps)) u sum|x|/|divisor| + half an ulp of
//   the
//                  output type; u: half an ulp of the accumulator's 1. Integers: exact.
//                  Of equal numbers, where no sum of them rounds: the quotient, rounded once.
//   Lp             the same relative to the value, over min(p, 1) since the root magnifies, plus
//                  4 ulp of the output type. Integers: rounded from inside that interval.
// Where sums leave the accumulator's normal range, the overflowed or flushed value is accepted too
// and counted.
struct Judgement {
  bool right = false;
  bool out_of_range = false;
  double ulp = 0;
  double allowed = 0;
  // The error as a share of what is allowed, both without the half ulp for rounding the output: 0
  // to 1 for a right output. (The allowed interval's ends are rounded too, so a right one may lie
  // just beyond it.)
  double error() const {
    if (ulp <= 0.5) return 0;
    const double share = (ulp - 0.5) / (allowed - 0.5);
    return right && !(share < 1) ? 1 : share;
  }
};
Judgement judge(const Problem& problem, const Expected& expected, const void* got,
                int64_t got_index);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_JUDGE_H_
