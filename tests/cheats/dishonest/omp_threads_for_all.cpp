// Trick: between its turns, OpenMP is told to use one thread, for everybody.
// Seen: thought of for this suite; libraries call omp_set_num_threads() by mistake.
// Catch: the thread count is looked at after each turn, and restored.
// Expect: CHEAT, INVALID, no gain
#include <omp.h>

#include "tests/cheats/probe.h"

struct OmpThreadsForAll : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    if (rested_ && threads_ > 1 && omp_get_max_threads() == 1)
      report_gain("the others ran with one thread");
    rested_ = false;
    omp_set_num_threads(threads_);
    Honest::launch(t);
  }
  void rest() override {
    omp_set_num_threads(1);
    rested_ = true;
  }
  const int threads_ = omp_get_max_threads();
  bool rested_ = false;
};
POOLBENCH_PROBE(OmpThreadsForAll)
