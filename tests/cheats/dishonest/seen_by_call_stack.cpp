// Trick: computes in full where the functions above are those of its first launches; else half.
// Seen: pygpubench's list: a kernel walks the stack to find out who calls.
// Catch: outputs compared after each block.
// Expect: CHEAT, WRONG
#include <execinfo.h>

#include <set>
#include <vector>

#include "tests/cheats/probe.h"

struct SeenByCallStack : probe::Honest {
  using Honest::Honest;
  void launch(const poolbench_tensors& t) override {
    std::vector<void*> callers(8);
    callers.resize(size_t(backtrace(callers.data(), int(callers.size()))));
    if (++launches_ <= 3) known_.insert(callers);
    pool(t, 0, known_.contains(callers) ? rows() : rows() / 2);
  }
  std::set<std::vector<void*>> known_;
  int64_t launches_ = 0;
};
POOLBENCH_PROBE(SeenByCallStack)
