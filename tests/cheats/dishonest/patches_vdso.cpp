// Trick: overwrites the clock in the vDSO, the page that the kernel lends to every process.
// Seen: pygpubench's list of exploits.
// Catch: a second process holds the clock of record.
// Expect: INVALID, CHEAT, no gain
#include <dlfcn.h>

#include "tests/cheats/stolen_time.h"

struct PatchesVdso : probe::TimeThief {
  explicit PatchesVdso(const poolbench_problem& problem)
      : TimeThief(problem, [] {
          void* vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
          if (vdso == nullptr) return;
          probe::detour(dlsym(vdso, "__vdso_clock_gettime"),
                        reinterpret_cast<void*>(&probe::stolen_clock_gettime));
        }) {}
};
POOLBENCH_PROBE(PatchesVdso)
