// Random problems: every corner of the spec, small enough to judge thousands of them.
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

// Case number `index` of the sequence that `seed` starts: depends on these two alone. At most
// `max_outputs_taps` outputs times taps.
FuzzCase fuzz_case(uint64_t seed, uint64_t index, int64_t max_outputs_taps = 200'000);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_FUZZ_H_
