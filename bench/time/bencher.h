// What bench does for one case: check, then time, all contenders and ceilings together.
#ifndef POOLBENCH_BENCH_TIME_BENCHER_H_
#define POOLBENCH_BENCH_TIME_BENCHER_H_

#include <map>

#include "bench/time/gpu_watch.h"
#include "bench/time/result.h"

namespace poolbench {

struct BenchOptions {
  std::vector<Temperature> temperatures = {Temperature::kCold, Temperature::kHot};
  MeasureOptions measure;
  FillKind fill = FillKind::kUniform;
  uint64_t seed = 1;
  std::string baseline;            // contender to compare with; empty: the best of peers
  std::vector<std::string> peers;  // backends
  GpuWatch* watch = nullptr;  // looks at the GPUs after each case's samples, where there is one
};

class Bencher {
 public:
  Bencher(std::vector<Contender> contenders, BenchOptions options)
      : contenders_(std::move(contenders)), options_(std::move(options)) {}

  const std::vector<Contender>& contenders() const { return contenders_; }
  const BenchOptions& options() const { return options_; }

  // Every contender at every temperature gets a record, whatever happens to it. Nothing is timed
  // that was not judged right in this process.
  CaseResult run(const Problem& problem);
  // Where among a result's records that of a contender at a temperature stands, all by index.
  size_t record_at(size_t contender, size_t temperature) const {
    return contender * options_.temperatures.size() + temperature;
  }

 private:
  struct Timing;
  double floor_seconds(const Contender& contender);
  void time(Timing& timing, CaseResult& result);

  std::vector<Contender> contenders_;
  BenchOptions options_;
  Arenas arenas_;
  std::map<std::string, double> floors_;  // by contender
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BENCHER_H_
