#include "bench/time/plan_cost.h"

#include <malloc.h>

namespace poolbench {
namespace {

// Bytes of the C library's heap that are in use, if it counts them.
std::optional<int64_t> heap_in_use() {
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const auto info = mallinfo2();
  return int64_t(info.uordblks + info.hblkhd);
#else
  return std::nullopt;
#endif
}

}  // namespace

Prepared prepare_measured(const Contender& contender, const Problem& problem, PlanCost& cost) {
  const auto before = heap_in_use();
  Prepared prepared = prepare(contender, problem);
  const auto after = heap_in_use();
  if (prepared.plan == nullptr) return prepared;
  const Prepared again = prepare(contender, problem);
  if (again.plan == nullptr) return {contender, nullptr, again.verdict};
  cost.seconds = prepared.plan_seconds;
  cost.again_seconds = again.plan_seconds;
  if (before && after) cost.heap_bytes = *after - *before;
  return prepared;
}

}  // namespace poolbench
