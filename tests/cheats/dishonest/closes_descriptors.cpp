// Trick: closes every descriptor: standard output, pipes, journal and record.
// Seen: daemons' habits; thought of for this suite.
// Catch: the parent's descriptors are the parent's; a silent child is a case that ended badly.
// Expect: no gain, CHEAT, EXITED, CRASHED, ERROR
#include <unistd.h>

#include "tests/cheats/probe.h"

struct ClosesDescriptors : probe::Honest {
  using Honest::Honest;
  void rest() override {
    for (int descriptor = 0; descriptor < 256; ++descriptor) close(descriptor);
  }
};
POOLBENCH_PROBE(ClosesDescriptors)
