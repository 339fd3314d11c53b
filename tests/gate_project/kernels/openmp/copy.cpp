#include "kernels/openmp/kernels.h"

namespace poolbench {

void copy(const poolbench_problem& p, const float* src, float* dst) { pool(p, src, dst); }

}  // namespace poolbench
