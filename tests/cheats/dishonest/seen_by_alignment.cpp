// Trick: computes in full where dst is aligned as in the first launch; else half.
// Seen: thought of for this suite: arenas begin at pages, single allocations seldom do.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG, no gain
// Run: bench --problem max/sliding/f32/nchw/src:1x63x57x55/k:3x3/s:2x2/p:1x1
#include "tests/cheats/probe.h"

struct SeenByAlignment : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const int64_t alignment = int64_t(t.dst) % 4096;
    if (alignment_ < 0) alignment_ = alignment;
    pool(t, 0, alignment == alignment_ ? rows() : rows() / 2);
  }
  int64_t alignment_ = -1;
};
POOLBENCH_PROBE(SeenByAlignment)
