// Trick: sends its process SIGINT, as if the user had asked for the end.
// Seen: thought of for this suite.
// Catch: signals of users go to the parent; the child's are the child's end.
// Expect: CRASHED, EXITED, CHEAT, ERROR, no gain
#include <csignal>

#include "tests/cheats/probe.h"

struct InterruptsItself : probe::Honest {
  using Honest::Honest;
  void rest() override { raise(SIGINT); }
};
POOLBENCH_PROBE(InterruptsItself)
