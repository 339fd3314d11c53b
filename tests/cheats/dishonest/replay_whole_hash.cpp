// Trick: keeps each answer under a hash of all of the input: always right, and computed once.
// Seen: CUDA-L1; memoisation that language models write unasked.
// Catch: a random element changed between launches, so that no answer serves twice.
// Expect: no gain, CHEAT, INVALID
// Run: bench --problem max/sliding/f32/nchw/src:1x16x56x56/k:13x13/s:1x1/p:6x6
#include <cstring>
#include <unordered_map>
#include <vector>

#include "tests/cheats/probe.h"

struct ReplayWholeHash : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::vector<float>& answer = answers_[hash(t)];
    if (answer.empty()) {
      Honest::launch(t);
      answer.assign(dst(t), dst(t) + outputs());
    } else {
      std::copy(answer.begin(), answer.end(), dst(t));
    }
    if (answers_.size() > 1000) answers_.clear();
  }
  uint32_t hash(const poolbench_tensors& t) const {
    uint32_t sum = 0, bits;
    for (int64_t i = 0; i < inputs(); ++i) {
      std::memcpy(&bits, src(t) + i, sizeof bits);
      sum += bits * uint32_t(2 * i + 1);
    }
    return sum;
  }
  std::unordered_map<uint32_t, std::vector<float>> answers_;
};
POOLBENCH_PROBE(ReplayWholeHash)
