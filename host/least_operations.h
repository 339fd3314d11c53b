// How much arithmetic a problem takes at least, for the compute ceiling.
#ifndef POOLBENCH_HOST_LEAST_OPERATIONS_H_
#define POOLBENCH_HOST_LEAST_OPERATIONS_H_

#include "host/problem.h"

namespace poolbench {

// In elements. A merge is of two values: the larger one, or their sum.
struct Operations {
  int64_t loads = 0;    // elements that a window touches, each converted once
  int64_t merges = 0;   // by the best known algorithm
  int64_t outputs = 0;  // results that are converted back; none where all windows have one tap
};

// Windows are reduced one axis after the other, in the order that takes the fewest merges. A line
// of an axis takes
//
//   min(sum over its windows of (taps - 1), kept * elements touched)
//
// The first is each window by itself, the second windows that share. `kept` is 1.5 for extremes,
// which Gil and Kimmel's algorithm nears as windows grow ("Efficient dilation, erosion, opening and
// closing algorithms", IEEE PAMI 24, 2002: 1.5 + log2(k) / k comparisons an element; van Herk's
// takes 3), and for windows of up to 3 taps, of which two have their middle in common. It is 2 for
// longer sums: a running sum adds one element and takes one away.
Operations least_operations(const Problem& problem);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_LEAST_OPERATIONS_H_
