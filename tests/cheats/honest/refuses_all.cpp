// Odd: refuses every problem.
#include "tests/cheats/probe.h"

struct RefusesAll : probe::Honest {
  using Honest::Honest;
  static const char* why_not(const poolbench_problem&) { return "type: none of these"; }
};
POOLBENCH_PROBE(RefusesAll)
