// Odd: uses its scratch from its second byte on.
#include <cstring>

#include "tests/cheats/probe.h"

struct UnalignedScratch : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    Honest::launch(t);
    char* odd = static_cast<char*>(t.scratch) + 1;
    std::memcpy(odd, t.dst, size_t(outputs()) * sizeof(float));
    std::memcpy(t.dst, odd, size_t(outputs()) * sizeof(float));
  }
  int64_t scratch_bytes() override { return outputs() * int64_t{sizeof(float)} + 1; }
};
POOLBENCH_PROBE(UnalignedScratch)
