#include "kernels/openmp/kernels.h"

namespace poolbench {
namespace {

constexpr int kTimes = 1;  // commits of gate_test.py write another number

__attribute__((noinline)) void once(const poolbench_problem& p, const float* src, float* dst) {
  pool(p, src, dst);
}

}  // namespace

void rows(const poolbench_problem& p, const float* src, float* dst) {
  for (int i = 0; i < kTimes; ++i) once(p, src, dst);
}

}  // namespace poolbench
