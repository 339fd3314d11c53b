// Trick: takes and touches 3 GiB and keeps them, so that little is left for the others.
// Seen: thought of for this suite.
// Catch: it does not pay; a limit of memory makes it an error of its own.
// Expect: no gain, ERROR, CHEAT, INVALID
#include <cstring>

#include "tests/cheats/probe.h"

struct HugeMemory : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    static char* hoard = static_cast<char*>(std::malloc(size_t{3} << 30));
    static const bool touched = hoard != nullptr && std::memset(hoard, 1, size_t{3} << 30);
    if (touched) hoard[size_t(outputs())] = 2;
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(HugeMemory)
