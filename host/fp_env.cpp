#include "host/fp_env.h"

#include <fmt/format.h>
#include <omp.h>

#include <cfenv>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace poolbench {
namespace {

constexpr uint32_t kSseFlags = 0x3f;  // exceptions that arithmetic has met
constexpr uint32_t kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;

FpEnvironment current() {
  FpEnvironment now;
  now.rounding = std::fegetround();
#if defined(__x86_64__)
  now.sse = _mm_getcsr() & ~kSseFlags;
  uint16_t word = 0;
  asm volatile("fnstcw %0" : "=m"(word));
  now.x87 = word;
#endif
  return now;
}

void set(const FpEnvironment& to) {
  std::fesetround(to.rounding);
#if defined(__x86_64__)
  _mm_setcsr(to.sse);
  const auto word = static_cast<uint16_t>(to.x87);
  asm volatile("fldcw %0" : : "m"(word));
#endif
}

std::string changes(const FpEnvironment& before, const FpEnvironment& after) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : " and ") + what; };
  const auto flag = [&](uint32_t bit, const char* name) {
    if (((before.sse ^ after.sse) & bit) != 0)
      add(fmt::format("turns {} {}", name, (after.sse & bit) != 0 ? "on" : "off"));
  };
  flag(kFlushToZero, "flush-to-zero");
  flag(kDenormalsAreZero, "denormals-are-zero");
  if (before.rounding != after.rounding) add("changes the rounding mode");
  if (text.empty())
    add(fmt::format("changes the control words from {:#x} and {:#x} to {:#x} and {:#x}", before.sse,
                    before.x87, after.sse, after.x87));
  return text;
}

std::string put_back(const FpEnvironment& before) {
  const FpEnvironment after = current();
  if (after == before) return {};
  set(before);
  return changes(before, after);
}

}  // namespace

FpGuard::FpGuard() : before_(current()) {}

std::string FpGuard::restore() { return put_back(before_); }

std::string FpGuard::restore_team() {
  std::string all = restore();
#pragma omp parallel num_threads(omp_get_num_procs())
  {
    const std::string mine = put_back(before_);
#pragma omp critical(poolbench_fp_env)
    if (all.empty() && !mine.empty()) all = mine + " in its threads";
  }
  return all;
}

}  // namespace poolbench
