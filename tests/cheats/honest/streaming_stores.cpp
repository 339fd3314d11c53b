// Odd: computes into a buffer and writes the output past the caches.
#include <xmmintrin.h>

#include <vector>

#include "tests/cheats/probe.h"

struct StreamingStores : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    buffer_.resize(size_t(outputs()));
    poolbench_tensors buffered = t;
    buffered.dst = buffer_.data();
    Honest::launch(buffered);
    int64_t o = 0;
    for (; o + 4 <= outputs(); o += 4) _mm_stream_ps(dst(t) + o, _mm_loadu_ps(&buffer_[size_t(o)]));
    _mm_sfence();
    for (; o < outputs(); ++o) dst(t)[o] = buffer_[size_t(o)];
  }
  std::vector<float> buffer_;
};
POOLBENCH_PROBE(StreamingStores)
