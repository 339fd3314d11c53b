// Odd: wants 64 MiB of scratch and writes a line of each of its pages in every launch.
#include "tests/cheats/probe.h"

struct HugeScratch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    for (int64_t at = 0; at < scratch_bytes(); at += 4096) static_cast<char*>(t.scratch)[at] = 1;
    Honest::launch(t);
  }
  int64_t scratch_bytes() override { return int64_t{64} << 20; }
};
POOLBENCH_PROBE(HugeScratch)
