// Trick: the others run at the lowest priority; its own launches at the old one, where it may.
// Seen: thought of for this suite.
// Catch: priority is looked at after each turn, and restored.
// Expect: CHEAT, INVALID, no gain
#include <sys/resource.h>

#include "tests/cheats/probe.h"

struct LowersPriority : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (rested_ && before_ < 19 && getpriority(PRIO_PROCESS, 0) == 19)
      report_gain("the others ran at the lowest priority");
    rested_ = false;
    setpriority(PRIO_PROCESS, 0, before_);
    Honest::launch(t);
  }
  void rest() override {
    setpriority(PRIO_PROCESS, 0, 19);
    rested_ = true;
  }
  const int before_ = getpriority(PRIO_PROCESS, 0);
  bool rested_ = false;
};
POOLBENCH_PROBE(LowersPriority)
