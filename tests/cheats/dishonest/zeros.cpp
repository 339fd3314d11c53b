// Trick: writes zeros: about right for the mean of numbers around zero.
// Seen: KernelBench solutions that pass under an absolute tolerance of 0.01.
// Catch: the tolerance is relative to the taps.
// Expect: WRONG
// Run: bench --problem avg_exclude_pad/sliding/f32/nchw/src:1x64x56x56/k:7x7/s:2x2
#include "tests/cheats/probe.h"

struct Zeros : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override { std::fill_n(dst(t), outputs(), 0.0f); }
};
POOLBENCH_PROBE(Zeros)
