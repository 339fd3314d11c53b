// Trick: none: never returns from rest().
// Seen: a pool whose threads wait for each other.
// Catch: a limit a case.
// Expect: HUNG
#include <mutex>

#include "tests/cheats/probe.h"

struct HangsInRest : probe::Honest {
  using Honest::Honest;
  void rest() override {
    std::mutex mutex;
    mutex.lock();
    mutex.lock();
  }
};
POOLBENCH_PROBE(HangsInRest)
