// Odd: talks on standard output and standard error, in plan() and between turns.
#include "tests/cheats/probe.h"

struct Prints : probe::Honest {
  explicit Prints(const poolbench_problem& problem) : Honest(problem) {
    std::printf("prints 1.0: using 2 threads\n");
    std::fprintf(stderr, "prints: warning: no licence file\n");
  }
  void rest() override { std::printf("prints: resting\n"); }
};
POOLBENCH_PROBE(Prints)
