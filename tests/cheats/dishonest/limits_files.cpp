// Trick: allows its process files of no bytes: who writes the record is killed by SIGXFSZ.
// Seen: thought of for this suite.
// Catch: another process writes the record.
// Expect: no gain, CHEAT, CRASHED
#include <sys/resource.h>

#include "tests/cheats/probe.h"

struct LimitsFiles : probe::Honest {
  using Honest::Honest;
  void rest() override {
    const rlimit none = {0, 0};
    setrlimit(RLIMIT_FSIZE, &none);
  }
};
POOLBENCH_PROBE(LimitsFiles)
