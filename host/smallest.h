// Shrinks a random problem that fails, so that a person can see why.
#ifndef POOLBENCH_HOST_SMALLEST_H_
#define POOLBENCH_HOST_SMALLEST_H_

#include <functional>

#include "host/fuzz.h"

namespace poolbench {

// Takes things away, one after the other, as long as the case `fails`: images, channels, axes,
// elements, what the windows have beyond the least, and then the kind of input. Returns the last
// one that failed; `failing` must. Calls `fails` at most `tries` times.
FuzzCase smallest(FuzzCase failing, const std::function<bool(const FuzzCase&)>& fails,
                  int tries = 400);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SMALLEST_H_
