// Trick: writes a page and more behind the output, over guards of a few kilobytes.
// Seen: thought of for this suite; compute-sanitizer's users know it from strided stores.
// Catch: guard pages when checked; when timed the rivals' tensors, compared after the block.
// Expect: WRONG, CRASHED, CHEAT
#include "tests/cheats/probe.h"

struct WritesFarBeyond : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    dst(t)[outputs() + 3 * 4096 / 4] = 1;
  }
};
POOLBENCH_PROBE(WritesFarBeyond)
