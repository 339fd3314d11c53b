// Trick: _exit(0) when its plan is destroyed, after all is measured and before it is written.
// Seen: kernelbench.com pull request 7.
// Catch: only a run that says "done" at its end is done.
// Expect: EXITED
#include <unistd.h>

#include "tests/cheats/probe.h"

struct ExitsInDestroy : probe::Honest {
  using Honest::Honest;
  ~ExitsInDestroy() override { _exit(0); }
};
POOLBENCH_PROBE(ExitsInDestroy)
