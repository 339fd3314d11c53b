// The oracle: computes each output from the definition, in arithmetic with digits to spare. Shares
// no window code with what it judges.
#ifndef POOLBENCH_HOST_REFERENCE_H_
#define POOLBENCH_HOST_REFERENCE_H_

#include <functional>
#include <memory>

#include "host/problem.h"

namespace poolbench {

// One output, and what its tolerance depends on.
struct Expected {
  // Before rounding to the element type. f64 inputs: long double, others: double. Of i64 `integer`
  // is exact.
  long double value = 0;
  // Averages: the sum of |x| over |divisor|. Lp: the value itself.
  long double magnitude = 0;
  int64_t taps = 0;
  int64_t index = -1;  // of a maximum (host/spec.md, Indices); -1 without a tap
  // Extremes and averages of integers: the exact result, rounded and saturated. Meaningless else.
  int64_t integer = 0;
  // The largest partial result that an accumulator can hold (sum of |x|, or of |x|^p), and for Lp
  // the smallest |x|^p above 0. Outside of the accumulator's normal range a kernel may overflow or
  // flush.
  long double largest_partial = 0;
  long double smallest_term = 0;
  // Averages: the sum and what it is divided by, and whether all taps are one number.
  long double sum = 0, divisor = 1;
  bool equal = false;
  // Averages with an infinity among the taps: Reference::against_infinity(), where it matters.
  long double against_infinity = 0;
};

// What fold() costs for all planes: joins of two values, and bytes while it folds one plane;
// what does not fit is computed from taps.
struct FoldCost {
  double joins = 0;
  double bytes = 0;
  bool fits() const { return bytes <= 2e9; }
};

class Reference {
 public:
  // `src` holds the input in the problem's type and layout and must outlive the reference.
  Reference(const Problem& problem, const void* src);
  ~Reference();
  // Output (d, h, w) of plane n * c + c, from its taps one by one unless the plane is folded. Can
  // be called from many threads.
  Expected at(int64_t plane, const Extents& output) const;

  // Calls `visit` with each tap of the output's window, in row-major order.
  void each_tap(int64_t plane, const Extents& output,
                const std::function<void(double)>& visit) const;
  // Whether the output's window has a tap of this value.
  bool has_tap(int64_t plane, const Extents& output, double value) const;

  // Of an average whose sum is infinite: the sum of the finite taps of the other sign, without the
  // sign. If it leaves the accumulator's range before the infinity comes, the two make NaN.
  long double against_infinity(int64_t plane, const Extents& output, long double sum) const;

  // Makes all outputs of one plane ready, whatever the windows' length, and forgets the plane
  // before it. Taps are joined in their order, so that extremes, their indices and integer sums are
  // the same; float sums have the same bound as one by one, since nothing is subtracted.
  void fold(int64_t plane);
  static FoldCost fold_cost(const Problem& problem);

 private:
  struct Folded;

  Problem problem_;
  const void* src_;
  std::unique_ptr<Folded> folded_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_REFERENCE_H_
