// Random problems from all of host/spec.md, small enough to judge thousands of them.
#ifndef POOLBENCH_HOST_FUZZ_H_
#define POOLBENCH_HOST_FUZZ_H_

#include "host/fill.h"
#include "host/problem.h"

namespace poolbench {

struct FuzzCase {
  Problem problem;
  FillKind fill = FillKind::kIntegers;
  uint64_t fill_seed = 1;
};

// Returns case number `index` of the sequence of `seed`; depends on nothing else. Outputs times
// taps are at most `max_outputs_taps`.
FuzzCase fuzz_case(uint64_t seed, uint64_t index, int64_t max_outputs_taps = 200'000);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FUZZ_H_
