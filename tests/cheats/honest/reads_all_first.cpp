// Odd: reads the whole input before it begins, as a prefetch.
#include "tests/cheats/probe.h"

struct ReadsAllFirst : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    for (int64_t i = 0; i < inputs(); i += 16) static_cast<const volatile float*>(t.src)[i];
    Honest::launch(t);
  }
};
POOLBENCH_PROBE(ReadsAllFirst)
