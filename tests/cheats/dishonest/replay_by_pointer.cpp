// Trick: keeps each answer under its input's address, and copies it when the address comes again.
// Seen: KernelBot issue 501; CUDA-L1's cached results.
// Catch: new contents in the same memory, outputs compared after each block.
// Expect: CHEAT, WRONG
#include <unordered_map>
#include <vector>

#include "tests/cheats/probe.h"

struct ReplayByPointer : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::vector<float>& answer = answers_[t.src];
    if (!answer.empty()) {
      std::copy(answer.begin(), answer.end(), dst(t));
      return;
    }
    Honest::launch(t);
    answer.assign(dst(t), dst(t) + outputs());
  }
  std::unordered_map<const void*, std::vector<float>> answers_;
};
POOLBENCH_PROBE(ReplayByPointer)
