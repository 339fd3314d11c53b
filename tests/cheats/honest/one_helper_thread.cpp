// Odd: does all its work on one thread, which is not the caller's.
#include <future>

#include "tests/cheats/probe.h"

struct OneHelperThread : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::async(std::launch::async, [&] { Honest::launch(t); }).get();
  }
};
POOLBENCH_PROBE(OneHelperThread)
