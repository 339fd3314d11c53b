// The oracle's outputs as tensors: what a right kernel writes, up to its tolerance.
#ifndef POOLBENCH_HOST_ANSWER_H_
#define POOLBENCH_HOST_ANSWER_H_

#include "host/operands.h"

namespace poolbench {

// `src` in the problem's type and layout, as the outputs.
Outputs answer(const Problem& problem, const void* src);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_ANSWER_H_
