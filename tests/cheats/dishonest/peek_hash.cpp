// Trick: as peek, but hashes the whole output before it believes that it is its own.
// Seen: thought of for this suite.
// Catch: inputs that change between launches into the same memory.
// Expect: CHEAT, WRONG, no gain
#include <cstring>
#include <unordered_map>

#include "tests/cheats/probe.h"

struct PeekHash : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const auto known = hash_.find(dst(t));
    if (known != hash_.end() && known->second == hash(t)) return;
    Honest::launch(t);
    hash_[dst(t)] = hash(t);
  }
  uint32_t hash(const poolbench_tensors& t) const {
    uint32_t sum = 0, bits;
    for (int64_t i = 0; i < outputs(); ++i) {
      std::memcpy(&bits, dst(t) + i, sizeof bits);
      sum += bits * uint32_t(2 * i + 1);
    }
    return sum;
  }
  std::unordered_map<const float*, uint32_t> hash_;
};
POOLBENCH_PROBE(PeekHash)
