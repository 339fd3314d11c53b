// Trick: sends the parent a row to print, and goes on.
// Seen: GPU MODE's submissions that print the grader's words, one step further.
// Catch: tables are made by the parent, from results.
// Expect: no gain, CHEAT, ERROR
#include "tests/cheats/sockets.h"

struct ForgesPrint : probe::Honest {
  using Honest::Honest;
  void rest() override {
    probe::tell_everybody("{\"print\":\"  forged  probe  |  1.0 ns  1 %  9999.99\\n\"}\n");
  }
};
POOLBENCH_PROBE(ForgesPrint)
