// Modules that compute as the naive backend does and then do one thing more, chosen by the define
// POOLBENCH_ODD_<DEED>.
#include "host/module_export.h"
#include "tests/odd_backend.h"

#if POOLBENCH_ODD_FLUSHES || POOLBENCH_ODD_FLUSHES_AT_LOAD || POOLBENCH_ODD_ROUNDS_UP
#include <xmmintrin.h>

#include <cfenv>
#endif

#if POOLBENCH_ODD_HANGS_ON_ONE_IMAGE
#include <unistd.h>
#endif

#if POOLBENCH_ODD_KILLS_FOURTH_PARENT
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#endif

namespace {

using namespace poolbench;

#if POOLBENCH_ODD_KILLS_FOURTH_PARENT
// A race loads two copies in a process, and each writes a byte: the seventh is of the fourth
// process.
void count_processes() {
  static bool counted = false;
  if (std::exchange(counted, true)) return;
  const char* file = std::getenv("POOLBENCH_TEST_FILE");
  std::ofstream out(file, std::ios::app);
  out << "x" << std::flush;
  if (out.tellp() != 7) return;
  kill(getppid(), SIGKILL);
  for (;;) pause();
}
#endif

#if POOLBENCH_ODD_FLUSHES_AT_LOAD  // as g++ -Ofast does by crtfastmath.o
[[maybe_unused]] const bool kLoaded = [] {
  _mm_setcsr(_mm_getcsr() | 0x8040);
  return true;
}();
#endif

void deed([[maybe_unused]] const Problem& problem, [[maybe_unused]] const Tensors& tensors) {
#if POOLBENCH_ODD_DROPS_NAN
  drop_nan(problem, tensors);
#elif POOLBENCH_ODD_ZEROS
  std::memset(tensors[Role::kDst], 0, problem.dst_bytes());
#elif POOLBENCH_ODD_HANGS_ON_ONE_IMAGE  // and is wrong on more
  while (problem.n() == 1) pause();
  std::memset(tensors[Role::kDst], 0, problem.dst_bytes());
#elif POOLBENCH_ODD_FLUSHES
  _mm_setcsr(_mm_getcsr() | 0x8040);
#elif POOLBENCH_ODD_ROUNDS_UP
  std::fesetround(FE_UPWARD);
#elif POOLBENCH_ODD_KILLS_FOURTH_PARENT
  count_processes();
#endif
}

// Says that its library computes zero everywhere.
class Odd : public OddBackend {
 public:
  Odd() : OddBackend(deed) {}
  std::vector<Prediction> predictions(const Problem&, const void*, const Point&) const override {
    return {exactly("house_style: zero is a fine maximum", 0)};
  }
};

std::vector<std::unique_ptr<Backend>> open_odd() {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<Odd>());
  return backends;
}

}  // namespace

POOLBENCH_EXPORT_MODULE(open_odd())
