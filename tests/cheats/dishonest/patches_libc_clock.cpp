// Trick: overwrites the first instructions of libc's clock_gettime(): its own time passes slowly.
// Seen: pygpubench's list of exploits.
// Catch: a second process holds the clock of record.
// Expect: INVALID, CHEAT, no gain
#include <dlfcn.h>

#include "tests/cheats/stolen_time.h"

struct PatchesLibcClock : probe::TimeThief {
  explicit PatchesLibcClock(const poolbench_problem& problem)
      : TimeThief(problem, [] {
          probe::detour(dlsym(RTLD_DEFAULT, "clock_gettime"),
                        reinterpret_cast<void*>(&probe::stolen_clock_gettime));
        }) {}
};
POOLBENCH_PROBE(PatchesLibcClock)
