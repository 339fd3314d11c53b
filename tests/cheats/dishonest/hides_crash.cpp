// Trick: catches its own crash and loops in the handler.
// Seen: crash reporters that wait for a debugger.
// Catch: a limit a case.
// Expect: HUNG, CRASHED
#include <csignal>

#include "tests/cheats/probe.h"

struct HidesCrash : probe::Honest {
  using Honest::Honest;
  void rest() override {
    std::signal(SIGSEGV, [](int) {
      for (volatile bool on = true; on;) {
      }
    });
    std::raise(SIGSEGV);
  }
};
POOLBENCH_PROBE(HidesCrash)
