// Runs one problem: checks all contenders, then times them and the ceilings together.
#ifndef POOLBENCH_BENCH_TIME_BENCHER_H_
#define POOLBENCH_BENCH_TIME_BENCHER_H_

#include <functional>
#include <map>

#include "bench/time/gpu_watch.h"
#include "bench/time/result.h"

namespace poolbench {

struct BenchOptions {
  std::vector<Temperature> temperatures = {Temperature::kCold, Temperature::kHot};
  MeasureOptions measure;
  FillKind fill = FillKind::kUniform;
  uint64_t seed = 1;
  std::string baseline;            // contender to compare with; empty: the fastest peer
  std::vector<std::string> peers;  // backends
  // Selects rows by row_name(). Empty: all rows.
  std::function<bool(const std::string&)> wanted;
  // Measures the baseline even if its row is not wanted. The row is then left out of the result.
  bool always_measure_baseline = false;
  GpuWatch* watch = nullptr;  // reads the GPUs' clocks after the samples, if set
};

class Bencher {
 public:
  Bencher(std::vector<Contender> contenders, BenchOptions options)
      : contenders_(std::move(contenders)), options_(std::move(options)) {}

  // Returns a record for every wanted row, refused and failed ones included, and those of
  // contenders that were set aside.
  CaseResult run(const Problem& problem, const SetAside& set_aside = {});

 private:
  struct Case;
  bool takes_part(const Contender& contender, const Problem& problem,
                  Temperature temperature) const;
  void judge(Case& c, const SetAside& set_aside) const;
  void time(Case& c);
  double floor_seconds(const Contender& contender);

  std::vector<Contender> contenders_;
  BenchOptions options_;
  Arenas arenas_;
  std::map<std::string, double> floors_;  // by contender
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BENCHER_H_
