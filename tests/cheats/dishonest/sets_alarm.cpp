// Trick: sets a timer whose signal kills the process in somebody else's turn.
// Seen: thought of for this suite.
// Catch: a crash is nobody's until each contender ran alone; this one crashes alone too.
// Expect: CRASHED
#include <sys/time.h>

#include <csignal>

#include "tests/cheats/probe.h"

struct SetsAlarm : probe::Honest {
  using Honest::Honest;
  void rest() override {
    std::signal(SIGALRM, SIG_DFL);
    const itimerval soon = {{}, {0, 500}};
    setitimer(ITIMER_REAL, &soon, nullptr);
  }
};
POOLBENCH_PROBE(SetsAlarm)
