// What `bench` does with one problem: check all contenders, then time them and the ceilings
// together.
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
  std::string baseline;            // contender to compare with; empty: the best of peers
  std::vector<std::string> peers;  // backends
  // Which rows to measure, by row_name(). Empty: all of them.
  std::function<bool(const std::string&)> wanted;
  // Measures the baseline even where it is not wanted; it gets no record then.
  bool always_measure_baseline = false;
  GpuWatch* watch = nullptr;  // looks at the GPUs after each problem's samples, where there is one
};

class Bencher {
 public:
  Bencher(std::vector<Contender> contenders, BenchOptions options)
      : contenders_(std::move(contenders)), options_(std::move(options)) {}

  // Every wanted row gets a record, whatever happens to it.
  CaseResult run(const Problem& problem);

 private:
  struct Case;
  bool takes_part(const Contender& contender, const Problem& problem,
                  Temperature temperature) const;
  void judge(Case& c);
  void time(Case& c);
  double floor_seconds(const Contender& contender);

  std::vector<Contender> contenders_;
  BenchOptions options_;
  Arenas arenas_;
  std::map<std::string, double> floors_;  // by contender
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BENCHER_H_
