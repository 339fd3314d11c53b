// The problems of a run, and what times them, in the process that has the backends open.
#ifndef POOLBENCH_BENCH_SUPERVISE_BENCH_CASES_H_
#define POOLBENCH_BENCH_SUPERVISE_BENCH_CASES_H_

#include <optional>
#include <set>

#include "bench/select/selection.h"
#include "bench/supervise/cases.h"
#include "bench/time/bencher.h"

namespace CLI {
class App;
}

namespace poolbench {

// How commands time, by their arguments.
struct TimingFlags {
  bool cold = false, hot = false;
  std::string fill = "uniform";
  double sample_ms = 1;
  double disturbed = 2;  // percent
};
void add_timing_flags(CLI::App& command, TimingFlags& flags);
// All else is as BenchOptions has it.
BenchOptions timing_options(const TimingFlags& flags, uint64_t seed);

// Rows are {"result": CaseResult, "gpus": what GpuWatch saw, "seed": what was drawn from,
// "seconds": that the case took}.
class BenchCases : public Cases {
 public:
  // `facts`: more of them, for the command's reports.
  BenchCases(Backends backends, const BenchOptions& options, std::vector<Problem> problems,
             Json facts = Json::object());

  const Opened& opened() const override { return opened_; }
  SetAside caught() const override { return bencher_->caught(); }
  uint64_t seed() const override { return options_.seed; }
  void draw_from(uint64_t seed) override;
  Json news() override;
  std::string lost_device() const override { return poolbench::lost_device(backends_.contenders); }
  Json run(size_t index, const SetAside& set_aside) override;

 private:
  std::set<std::string> devices() const;

  Backends backends_;
  std::vector<Problem> problems_;
  GpuWatch watch_;
  Json mapped_;  // by modules, as it was told
  BenchOptions options_;
  std::optional<Bencher> bencher_;
  Opened opened_;
};

// Gives this process what timing needs before a module is loaded: its place before others, and the
// length of the counter's tick. Says if the machine is busy.
void prepare_to_time();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SUPERVISE_BENCH_CASES_H_
