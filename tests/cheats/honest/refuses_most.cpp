// Odd: takes square windows of odd sizes on squares with padding, and refuses all else.
#include "tests/cheats/probe.h"

struct RefusesMost : probe::Honest {
  using Honest::Honest;
  static const char* why_not(const poolbench_problem& p) {
    if (p.kernel[1] != p.kernel[2] || p.kernel[1] % 2 == 0) return "kernel: odd squares only";
    if (p.src[1] != p.src[2]) return "src: squares only";
    if (p.pad_begin[1] == 0) return "padding: some is needed";
    return Honest::why_not(p);
  }
};
POOLBENCH_PROBE(RefusesMost)
