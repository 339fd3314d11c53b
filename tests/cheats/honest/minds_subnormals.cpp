// Odd: turns subnormals on for itself, whatever the caller has, and restores the caller's mode.
#include <xmmintrin.h>

#include "tests/cheats/probe.h"

struct MindsSubnormals : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const unsigned callers = _mm_getcsr();
    _mm_setcsr(callers & ~0x8040u);
    Honest::launch(t);
    _mm_setcsr(callers);
  }
};
POOLBENCH_PROBE(MindsSubnormals)
