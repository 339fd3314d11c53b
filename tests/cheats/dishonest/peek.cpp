// Trick: returns without work where the first value of its own last output of this dst stands.
// Seen: thought of for this suite, after KernelBench issue 82.
// Catch: inputs that change between launches into the same memory.
// Expect: CHEAT, WRONG
#include <unordered_map>

#include "tests/cheats/probe.h"

struct Peek : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const auto known = first_.find(dst(t));
    if (known != first_.end() && known->second == dst(t)[0]) return;
    Honest::launch(t);
    first_[dst(t)] = dst(t)[0];
  }
  std::unordered_map<const float*, float> first_;
};
POOLBENCH_PROBE(Peek)
