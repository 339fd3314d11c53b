#include "bench/judge/emulation.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/windows.h"

namespace poolbench {
namespace {

// Of the CUDA emulator on a core of a server of 2023: a tap that a thread reads alone, and a block
// of threads, of which a plane takes one where its threads share it. 2026-11-30, within a factor
// of 3.
constexpr double kTapSeconds = 5e-8, kBlockSeconds = 1e-4, kWorthSaying = 60;

}  // namespace

std::string slow_emulation(const Contender& contender, const Problem& problem, int64_t launches) {
  if (contender.backend->timeable()) return {};
  const double taps = std::max(all_taps(problem), double(problem.src_count()));
  const double seconds =
      double(launches) * (taps * kTapSeconds + double(problem.planes()) * kBlockSeconds);
  if (seconds < kWorthSaying) return {};
  return fmt::format("poolbench: {} emulates a device: {} may take {:.0f} minutes\n",
                     contender.name(), to_text(problem), std::max(1.0, seconds / 60));
}

}  // namespace poolbench
