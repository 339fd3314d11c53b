// What it costs to make a plan. All that is costly happens there, unseen by any launch's time.
#ifndef POOLBENCH_BENCH_TIME_PLAN_COST_H_
#define POOLBENCH_BENCH_TIME_PLAN_COST_H_

#include <optional>

#include "bench/judge/verify.h"

namespace poolbench {

// One look each, with whatever the machine did meanwhile.
struct PlanCost {
  // Of the first plan of a problem, and of a second one while the first lives.
  std::optional<double> seconds, again_seconds;
  // By which the C library's heap grew for the first plan, to some kilobytes: small pieces may come
  // from what was there. Not in it: what is mapped, on a device, or allocated at the first launch.
  std::optional<int64_t> heap_bytes;
};

// Prepares the contender as prepare() does. If no second plan can be made, the verdict is that.
Prepared prepare_measured(const Contender& contender, const Problem& problem, PlanCost& cost);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_PLAN_COST_H_
