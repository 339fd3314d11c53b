// Runs one problem: checks all contenders, then times them and the ceilings together.
#ifndef POOLBENCH_BENCH_TIME_BENCHER_H_
#define POOLBENCH_BENCH_TIME_BENCHER_H_

#include <functional>
#include <map>

#include "bench/judge/certificate.h"
#include "bench/time/gpu_watch.h"
#include "bench/time/result.h"
#include "bench/time/yardsticks.h"

namespace poolbench {

struct BenchOptions {
  std::vector<Temperature> temperatures = {Temperature::kCold, Temperature::kHot};
  MeasureOptions measure;
  FillKind fill = FillKind::kUniform;
  uint64_t seed = 1;               // of inputs and of the judged sample; the command draws it
  std::string baseline;            // contender to compare with; empty: the fastest peer
  std::vector<std::string> peers;  // backends
  // Selects rows by row_name(). Empty: all rows.
  std::function<bool(const std::string&)> wanted;
  // Measures the baseline even if its row is not wanted. The row is then left out of the result.
  bool always_measure_baseline = false;
  // Measures floors and ceilings too. Without them a row has a time and no share.
  bool yardsticks = true;
  GpuWatch* watch = nullptr;  // reads the GPUs' clocks after the samples, if set
};

class Bencher {
 public:
  Bencher(std::vector<Contender> contenders, BenchOptions options);

  // Returns a record for every wanted row, refused and failed ones included, and those of
  // contenders that were set aside.
  CaseResult run(const Problem& problem, const SetAside& set_aside = {});
  // Who was wrong or cheated in the last case, unless another one spoilt its work.
  const SetAside& caught() const { return caught_; }
  // Why a device, by its UUID, has no ceilings, so that its rows have no share.
  const std::map<std::string, std::string>& without_ceilings() const {
    return yardsticks_.without_ceilings();
  }

 private:
  struct Case;
  bool takes_part(const Contender& contender, const Problem& problem,
                  Temperature temperature) const;
  bool has_column(const Device& device, const Problem& problem, Temperature temperature) const;
  void judge(Case& c, const SetAside& set_aside);
  void time(Case& c);
  void find_floors(Case& c);
  void find_submits(Case& c);
  double floor_of_one_element(Case& c, const Contender& contender);
  void end(Case& c, const std::string& contender, const Series& series);

  std::vector<Contender> contenders_;
  BenchOptions options_;
  Certificates certificates_;
  Arenas arenas_;
  Yardsticks yardsticks_;
  std::map<std::string, double> floors_;  // of one element, by contender
  Peaks peaks_;
  SetAside caught_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_TIME_BENCHER_H_
