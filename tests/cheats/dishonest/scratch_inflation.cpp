// Trick: asks for 2 GiB of scratch that it never touches, so that one set fills the cold rotation.
// Seen: by reading the harness.
// Catch: sets do not depend on scratch; only bytes that are touched count.
// Expect: no gain, CHEAT, INVALID, ERROR
// Run: bench --cold
#include "tests/cheats/probe.h"

struct ScratchInflation : probe::Honest {
  using Honest::Honest;
  ~ScratchInflation() override {
    if (timed_ > 20 && again_ * 2 > timed_)
      report_gain("cold launches used one set again and again");
  }
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    timed_ += rests_ >= 2;  // the first turn is a calibration, on warm memory
    again_ += rests_ >= 2 && t.src == last_;
    last_ = t.src;
  }
  void rest() override { ++rests_; }
  int64_t scratch_bytes() override { return int64_t{2} << 30; }
  int64_t timed_ = 0, again_ = 0, rests_ = 0;
  const void* last_ = nullptr;
};
POOLBENCH_PROBE(ScratchInflation)
