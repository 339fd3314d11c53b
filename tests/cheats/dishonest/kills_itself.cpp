// Trick: SIGKILL to itself, which no handler sees: it looks like the kernel's end of memory.
// Seen: thought of for this suite.
// Catch: a supervisor; the run goes on without it.
// Expect: CRASHED
#include <csignal>

#include "tests/cheats/probe.h"

struct KillsItself : probe::Honest {
  using Honest::Honest;
  void rest() override { raise(SIGKILL); }
};
POOLBENCH_PROBE(KillsItself)
