// Trick: keeps each answer under 256 elements spread over the input.
// Seen: FlashInfer-Bench issue 21, done with more care.
// Catch: a random element changed between launches.
// Expect: CHEAT, WRONG
#include <map>
#include <vector>

#include "tests/cheats/probe.h"

struct ReplaySampled : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::vector<float> key;
    const int64_t step = std::max<int64_t>(1, inputs() / 256);
    for (int64_t i = 0; i < inputs(); i += step) key.push_back(src(t)[i]);
    std::vector<float>& answer = answers_[key];
    if (answer.empty()) {
      Honest::launch(t);
      answer.assign(dst(t), dst(t) + outputs());
    } else {
      std::copy(answer.begin(), answer.end(), dst(t));
    }
  }
  std::map<std::vector<float>, std::vector<float>> answers_;
};
POOLBENCH_PROBE(ReplaySampled)
