// What every device is measured against, whatever was selected: its ceilings, and its cache.
#ifndef POOLBENCH_BENCH_TIME_YARDSTICKS_H_
#define POOLBENCH_BENCH_TIME_YARDSTICKS_H_

#include <map>
#include <memory>

#include "bench/select/contender.h"
#include "bench/time/measure.h"
#include "bench/time/traffic.h"
#include "host/backends/backends.h"

namespace poolbench {

struct Ceiling {
  std::string uuid;
  std::unique_ptr<Plan> plan;
  Substrate* substrate;
  int64_t bytes;
};

class Yardsticks {
 public:
  // `contenders` must outlive this. Opens this program's own backend of a device where none of them
  // has ceilings.
  explicit Yardsticks(const std::vector<Contender>& contenders);

  Machine& machine() { return machine_; }
  // Why a device, by its UUID, has no ceilings.
  const std::map<std::string, std::string>& without_ceilings() const { return without_ceilings_; }
  // The ceilings of `problem` on each device in `traffic`.
  std::vector<Ceiling> ceilings(const Problem& problem,
                                const std::map<std::string, Traffic>& traffic) const;

 private:
  std::vector<std::vector<FamilyState>> own_;      // opened for their ceilings
  std::map<std::string, Backend*> with_ceilings_;  // by the device's UUID
  std::map<std::string, std::string> without_ceilings_;
  Machine machine_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_YARDSTICKS_H_
