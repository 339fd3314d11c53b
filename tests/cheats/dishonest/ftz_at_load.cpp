// Trick: turns subnormals to zeros when it is loaded, as -Ofast does to shared objects.
// Seen: LLVM issue 57589, OpenJDK pull request 10661; GCC before 13.
// Catch: the floating-point environment is compared around loading, and restored.
// Expect: CHEAT, WRONG, ERROR, no gain
// Run: check --problem max/sliding/f32/nchw/src:1x4x16x16/k:3x3/s:2x2 --fill denormal
#include <xmmintrin.h>

#include "tests/cheats/probe.h"

[[maybe_unused]] static const bool kLoaded = [] {
  _mm_setcsr(_mm_getcsr() | 0x8040);
  return true;
}();

struct FtzAtLoad : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if ((_mm_getcsr() & 0x8040) != 0) report_gain("subnormals are zeros for everybody");
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(FtzAtLoad)
