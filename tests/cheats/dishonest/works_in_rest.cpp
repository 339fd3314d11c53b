// Trick: launch() only takes notes; the work is done in rest(), which no clock sees.
// Seen: by reading the interface.
// Catch: outputs compared before rest() is called.
// Expect: CHEAT, WRONG
#include <map>

#include "tests/cheats/probe.h"

struct WorksInRest : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    rested_ ? void(notes_[t.dst] = t) : Honest::launch(t);
  }
  void rest() override {
    for (const auto& [dst, t] : notes_) Honest::launch(t);
    notes_.clear();
    rested_ = true;
  }
  std::map<void*, poolbench_tensors> notes_;
  bool rested_ = false;
};
POOLBENCH_PROBE(WorksInRest)
