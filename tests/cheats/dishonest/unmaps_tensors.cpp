// Trick: unmaps the pages of a tensor after its own turn: whoever comes next crashes.
// Seen: thought of for this suite.
// Catch: a crash is nobody's until each contender ran alone; this one crashes alone too.
// Expect: CRASHED, CHEAT
#include <sys/mman.h>

#include "tests/cheats/probe.h"

struct UnmapsTensors : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    src_ = t.src;
  }
  void rest() override {
    const int64_t page = (int64_t(src_) + 4095) / 4096 * 4096;
    munmap(reinterpret_cast<void*>(page), size_t(inputs() * 4 / 4096 * 4096));
  }
  const void* src_ = nullptr;
};
POOLBENCH_PROBE(UnmapsTensors)
