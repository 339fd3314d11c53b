// Trick: leaves a child process that burns a core: threads of its own it has none.
// Seen: thought of for this suite.
// Catch: processor time of the child's descendants; they end with it.
// Expect: CHEAT, INVALID
#include <unistd.h>

#include "tests/cheats/probe.h"

struct ForksBurner : probe::Honest {
  using Honest::Honest;
  void rest() override {
    static const pid_t burner = fork();
    if (burner != 0) return;
    alarm(10);  // whoever fails to end it
    for (volatile bool on = true; on;) {
    }
  }
};
POOLBENCH_PROBE(ForksBurner)
