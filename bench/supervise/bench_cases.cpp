#include "bench/supervise/bench_cases.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "bench/record/context.h"
#include "bench/supervise/costs.h"

namespace poolbench {

void add_timing_flags(CLI::App& command, TimingFlags& flags) {
  command.add_flag("--cold", flags.cold, "Only cold: buffers rotate over 3x the last cache");
  command.add_flag("--hot", flags.hot, "Only hot: the same buffers again and again");
  command.add_option("--fill", flags.fill, "Kind of input [uniform]");
  command.add_option("--sample-ms", flags.sample_ms, "Least length of a sample [1]")
      ->check(CLI::Range(0.001, 60'000.0));
  command
      .add_option("--disturbed", flags.disturbed,
                  "Percent of a sample that other processes may take before its block is "
                  "measured again [2]")
      ->check(CLI::NonNegativeNumber);
}

BenchOptions timing_options(const TimingFlags& flags, uint64_t seed) {
  BenchOptions options;
  options.measure.sample_seconds = flags.sample_ms * 1e-3;
  options.measure.wake_seconds = 0.1;
  options.measure.disturbed_share = flags.disturbed / 100;
  options.seed = options.measure.seed = seed;
  options.fill = parse_fill(flags.fill);
  if (flags.cold != flags.hot)
    options.temperatures = {flags.cold ? Temperature::kCold : Temperature::kHot};
  return options;
}

BenchCases::BenchCases(Backends backends, const BenchOptions& options,
                       std::vector<Problem> problems, Json facts)
    : backends_(std::move(backends)),
      problems_(std::move(problems)),
      watch_(devices()),
      options_(options) {
  options_.watch = &watch_;
  draw_from(options.seed);
  for (const Problem& problem : problems_)
    opened_.cases.push_back({to_text(problem), work(problem)});
  for (const Contender& contender : backends_.contenders)
    opened_.contenders.push_back(contender.name());
  std::ranges::sort(opened_.contenders);  // whatever the order in which they are prepared
  opened_.facts = std::move(facts);
  opened_.facts["temperatures"] = to_exact(options.temperatures);
  opened_.facts["context"] = run_context(backends_.families);
  opened_.facts["context"]["poolbench"]["noted"]["priority"] = getpriority(PRIO_PROCESS, 0);
  if (options.yardsticks && !bencher_->without_ceilings().empty())
    opened_.facts["context"]["poolbench"]["noted"]["without_ceilings"] =
        bencher_->without_ceilings();
}

Json BenchCases::news() {
  Json mapped = mapped_json(backends_.families);
  if (mapped == mapped_) return Json::object();
  mapped_ = mapped;
  return {{"context", {{"poolbench", {{"modules", std::move(mapped)}}}}}};
}

Json BenchCases::run(size_t index, const SetAside& set_aside) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  Json result = to_exact(bencher_->run(problems_[index], set_aside));
  const std::chrono::duration<double> took = Clock::now() - begin;
  return {{"result", std::move(result)},
          {"gpus", watch_.take()},
          {"seed", options_.seed},
          {"seconds", took.count()}};
}

void BenchCases::draw_from(uint64_t seed) {
  options_.seed = options_.measure.seed = seed;
  bencher_.emplace(backends_.contenders, options_);
}

std::set<std::string> BenchCases::devices() const {
  std::set<std::string> uuids;
  for (const Contender& contender : backends_.contenders)
    uuids.insert(contender.backend->substrate().device().uuid);
  return uuids;
}

void prepare_to_time() {
  const int priority = run_before_others();
  seconds_a_tick();  // measured now: a module may turn the clock
  if (double load[1];
      priority == 0 && getloadavg(load, 1) == 1 && load[0] > 0.5 * usable_processors())
    fmt::print(stderr,
               "the machine is busy (load {:.1f} on {} processors): what that disturbs is measured "
               "again\n",
               load[0], usable_processors());
}

}  // namespace poolbench
