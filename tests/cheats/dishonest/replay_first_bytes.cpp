// Trick: keeps each answer under the first 64 bytes of its input.
// Seen: FlashInfer-Bench issue 21: caches keyed on a few elements.
// Catch: sets that differ elsewhere than at their begin; a random element changed between launches.
// Expect: CHEAT, WRONG
#include <map>
#include <string>
#include <vector>

#include "tests/cheats/probe.h"

struct ReplayFirstBytes : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const size_t bytes = std::min<size_t>(64, size_t(inputs()) * sizeof(float));
    std::vector<float>& answer = answers_[std::string(static_cast<const char*>(t.src), bytes)];
    if (answer.empty()) {
      Honest::launch(t);
      answer.assign(dst(t), dst(t) + outputs());
    } else {
      std::copy(answer.begin(), answer.end(), dst(t));
    }
  }
  std::map<std::string, std::vector<float>> answers_;
};
POOLBENCH_PROBE(ReplayFirstBytes)
