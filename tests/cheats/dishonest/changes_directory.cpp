// Trick: changes to the root folder, so that a relative path of the record leads elsewhere.
// Seen: thought of for this suite.
// Catch: the record is opened before any module runs, by another process.
// Expect: no gain, CHEAT
#include <unistd.h>

#include "tests/cheats/probe.h"

struct ChangesDirectory : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (chdir("/proc") != 0) std::perror("chdir");
  }
};
POOLBENCH_PROBE(ChangesDirectory)
