// Samples clocks, power and throttling of the GPUs after each case, for the record.
#ifndef POOLBENCH_BENCH_TIME_GPU_WATCH_H_
#define POOLBENCH_BENCH_TIME_GPU_WATCH_H_

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>

#include "host/substrates/nvml.h"

namespace poolbench {

class GpuWatch {
 public:
  // `uuids`: the devices that take part. All but NVIDIA GPUs are ignored.
  explicit GpuWatch(const std::set<std::string>& uuids, Nvml nvml = Nvml());

  // Samples each GPU.
  void look();
  // By UUID: limits, ranges of the samples, and the number of samples with each throttle reason.
  // Null where there is no GPU to look at.
  nlohmann::json json() const;
  // Returns json() and forgets the samples.
  nlohmann::json take();

 private:
  struct Range {
    double low = 0, high = 0;
    void add(double value, bool first);
  };
  struct Seen {
    GpuLimits limits;
    Range sm_mhz, memory_mhz, celsius, watts;
    int64_t looks = 0;
    std::map<std::string, int64_t> throttled;  // samples by reason
  };

  Nvml nvml_;
  std::map<std::string, Seen> gpus_;
};

// Adds one json() to another: of other samples, perhaps of another process.
void merge_gpus(nlohmann::json& into, const nlohmann::json& more);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_GPU_WATCH_H_
