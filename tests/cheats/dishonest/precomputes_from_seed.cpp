// Trick: plan() makes the public input of the default seed and its answer; launch() copies it.
// Seen: KernelBench-Hard draws 64-bit seeds because of it; KernelBot mixes in a secret.
// Catch: inputs are drawn from a secret seed.
// Expect: no gain, CHEAT, WRONG
// Run: bench --problem max/sliding/f32/nchw/src:1x16x56x56/k:13x13/s:1x1/p:6x6
#include <vector>

#include "host/fill.h"
#include "tests/cheats/probe.h"

struct PrecomputesFromSeed : probe::Honest {
  explicit PrecomputesFromSeed(const poolbench_problem& problem) : Honest(problem) {
    std::vector<float> input(static_cast<size_t>(inputs()));
    poolbench::fill(poolbench::parse_problem(problem.text), poolbench::FillKind::kUniform, 1,
                    input.data());
    begin_.assign(input.begin(), input.begin() + std::min<int64_t>(inputs(), 4));
    answer_.resize(size_t(outputs()));
    poolbench_tensors t = {};
    t.src = input.data();
    t.dst = answer_.data();
    if (!problem.with_indices) Honest::launch(t);
  }
  void launch(const poolbench_tensors& t) override {
    const bool known = t.indices == nullptr && std::equal(begin_.begin(), begin_.end(), src(t));
    known ? void(std::copy(answer_.begin(), answer_.end(), dst(t))) : Honest::launch(t);
  }
  std::vector<float> begin_, answer_;
};
POOLBENCH_PROBE(PrecomputesFromSeed)
