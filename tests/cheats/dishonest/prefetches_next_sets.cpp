// Trick: in rest() it reads the sets that its next turn will use: they lie one step further.
// Seen: by reading the harness: sets were taken in the order of their addresses.
// Catch: sets in secret order; processor time in rest(); the cold rows' probe read.
// Expect: no gain, CHEAT, INVALID
// Run: bench --cold --blocks 12
#include "tests/cheats/probe.h"

struct PrefetchesNextSets : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    if (src(t) == predicted_) ++guessed_;
    step_ = src(t) - last_;
    last_ = src(t);
    predicted_ = last_ + step_;
    ++turn_;
    ++launches_;
  }
  ~PrefetchesNextSets() override {
    if (launches_ > 50 &&  // beyond the certificate, whose memory is the same each time
        guessed_ * 2 > launches_)
      report_gain("the next set was guessed");
  }
  void rest() override {
    // Addresses may lie anywhere: only what a step of its own reaches inside the arena is read.
    const bool steady = step_ > 0 && step_ < 4 * inputs();
    for (int64_t set = 1; steady && set <= std::min<int64_t>(turn_, 2); ++set)
      for (int64_t i = 0; i < inputs(); i += 16) __builtin_prefetch(last_ + set * step_ + i);
    turn_ = 0;
  }
  const float *last_ = nullptr, *predicted_ = nullptr;
  int64_t step_ = 0, turn_ = 0, launches_ = 0, guessed_ = 0;
};
POOLBENCH_PROBE(PrefetchesNextSets)
