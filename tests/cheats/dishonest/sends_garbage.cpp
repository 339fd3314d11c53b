// Trick: sends the parent half a line that is no JSON, and goes on: whoever parses it may end.
// Seen: thought of for this suite.
// Catch: what the parent cannot read is the case's error, not its own end.
// Expect: no gain, CHEAT, ERROR, EXITED
#include "tests/cheats/sockets.h"

struct SendsGarbage : probe::Honest {
  using Honest::Honest;
  void rest() override { probe::tell_everybody("}{\"\xff\n[1,2"); }
};
POOLBENCH_PROBE(SendsGarbage)
