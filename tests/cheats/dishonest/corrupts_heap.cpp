// Trick: runs over the end of a small allocation; malloc stops in somebody else's turn.
// Seen: any module with a bug.
// Catch: a crash is nobody's until each contender ran alone; this one crashes alone too.
// Expect: CRASHED, CHEAT
#include <cstring>

#include "tests/cheats/probe.h"

struct CorruptsHeap : probe::Honest {
  using Honest::Honest;
  void rest() override {
    for (const size_t bytes : {24, 200, 1000, 5000}) {
      volatile size_t beyond = bytes + 64;  // hides it from the compiler
      std::memset(std::malloc(bytes), 0xff, beyond);
    }
  }
};
POOLBENCH_PROBE(CorruptsHeap)
