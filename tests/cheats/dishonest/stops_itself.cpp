// Trick: SIGSTOP to itself: the process lives and does nothing.
// Seen: thought of for this suite.
// Catch: a limit a case.
// Expect: HUNG, CRASHED
#include <csignal>

#include "tests/cheats/probe.h"

struct StopsItself : probe::Honest {
  using Honest::Honest;
  void rest() override { raise(SIGSTOP); }
};
POOLBENCH_PROBE(StopsItself)
