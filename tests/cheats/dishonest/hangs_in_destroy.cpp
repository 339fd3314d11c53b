// Trick: none: its plan cannot be destroyed.
// Seen: a pool whose threads never end.
// Catch: a limit a case.
// Expect: HUNG
#include <unistd.h>

#include "tests/cheats/probe.h"

struct HangsInDestroy : probe::Honest {
  using Honest::Honest;
  ~HangsInDestroy() override {
    for (;;) pause();
  }
};
POOLBENCH_PROBE(HangsInDestroy)
