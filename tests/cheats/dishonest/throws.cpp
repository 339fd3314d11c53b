// Trick: none: an exception leaves it through the C interface.
// Seen: any bug.
// Catch: a supervisor, or the caller.
// Expect: CRASHED, ERROR
#include <stdexcept>

#include "tests/cheats/probe.h"

struct Throws : probe::Honest {
  using Honest::Honest;
  void rest() override { throw std::runtime_error("no rest for the wicked"); }
};
POOLBENCH_PROBE(Throws)
