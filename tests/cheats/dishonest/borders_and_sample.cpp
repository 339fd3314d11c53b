// Trick: computes borders and the sample that the judge takes of huge problems, by its public seed.
// Seen: by reading the judge.
// Catch: the sample is drawn from a secret seed, or all outputs are judged.
// Expect: WRONG, CHEAT
// Run: bench --problem max/sliding/f32/nchw/src:1x8x512x512/k:7x7/s:1x1/p:3x3
#include "host/windows.h"
#include "tests/cheats/probe.h"

struct BordersAndSample : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    const int64_t taps = outputs() * p_.kernel[1] * p_.kernel[2];
    if (taps <= 100'000'000 || t.indices != nullptr) return Honest::launch(t);
    const uint64_t stream = poolbench::splitmix64(1, 0x5e1ec7);
    const auto threshold = uint64_t(65536 / double(outputs()) * 0x1p64);
    float last = 0;
    int64_t at = 0;
    write_each(t, [&](const float* plane, int64_t oh, int64_t ow) {
      const bool border = oh == 0 || ow == 0 || oh == p_.dst[1] - 1 || ow == p_.dst[2] - 1;
      if (border || poolbench::splitmix64(stream, uint64_t(at)) < threshold)
        last = window(plane, oh, ow);
      ++at;
      return last;
    });
  }
};
POOLBENCH_PROBE(BordersAndSample)
