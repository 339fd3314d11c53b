// Trick: computes in full on the thread that made the plan; half on any other.
// Seen: thought of for this suite.
// Catch: outputs compared after each block; where one thread does all, the trick never comes true.
// Expect: no gain, CHEAT, WRONG
#include <thread>

#include "tests/cheats/probe.h"

struct SeenByThread : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    pool(t, 0, std::this_thread::get_id() == maker_ ? rows() : rows() / 2);
  }
  std::thread::id maker_ = std::this_thread::get_id();
};
POOLBENCH_PROBE(SeenByThread)
