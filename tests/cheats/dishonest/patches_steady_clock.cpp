// Trick: overwrites std::chrono::steady_clock::now().
// Seen: pygpubench's list of exploits.
// Catch: a second process holds the clock of record.
// Expect: INVALID, CHEAT, no gain
#include <dlfcn.h>

#include "tests/cheats/stolen_time.h"

struct PatchesSteadyClock : probe::TimeThief {
  static int64_t now() { return probe::true_ns() - probe::hidden_ns; }
  explicit PatchesSteadyClock(const poolbench_problem& problem)
      : TimeThief(problem, [] {
          probe::detour(dlsym(RTLD_DEFAULT, "_ZNSt6chrono3_V212steady_clock3nowEv"),
                        reinterpret_cast<void*>(&now));
        }) {}
};
POOLBENCH_PROBE(PatchesSteadyClock)
