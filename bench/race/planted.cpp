#include "bench/race/planted.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/time/machine.h"
#include "host/compare.h"

namespace poolbench {
namespace {

// A reading of the counter waits for what the processor has begun, which costs a launch of a
// microsecond several percent. So the launches of this many seconds are delayed together, after the
// last of them, but so few that a sample has this many delays.
constexpr double kTogether = 5e-5;
constexpr int64_t kDelays = 20;

class PlantedPlan : public Plan {
 public:
  PlantedPlan(std::unique_ptr<Plan> inner, double share, const TickClock& clock)
      : inner_(std::move(inner)), share_(share), clock_(clock), overshoot_(overshoot()) {}
  std::string_view kernel() const override { return inner_->kernel(); }
  int64_t scratch_bytes() const override { return inner_->scratch_bytes(); }
  void rest() override {
    inner_->rest();
    sample_ = launches_;
    launches_ = 0;
    whole_ = false;
  }
  void launch(const Tensors& tensors, Stream stream) override {
    if (done_ == 0) begin_ = clock_.now(), whole_ = true;
    inner_->launch(tensors, stream);
    ++launches_;
    if (++done_ < together_) return;
    const uint64_t end = clock_.now();
    if (whole_) ticks_of_one_ = double(end - begin_) / double(done_);
    spin(end, share_ * ticks_of_one_ * double(done_) - overshoot_);
    const double wanted = kTogether / (clock_.seconds * std::max(ticks_of_one_, 1.0));
    together_ =
        std::clamp<int64_t>(std::llround(wanted), 1, std::max<int64_t>(sample_ / kDelays, 1));
    done_ = 0;
  }

 private:
  void spin(uint64_t from, double ticks) const {
    while (ticks > 0 && double(clock_.now() - from) < ticks) {
    }
  }
  // What a delay takes beyond what it is to take: it ends with a reading, on average half a one
  // too late.
  double overshoot() const {
    constexpr int kTimes = 1000;
    const uint64_t begin = clock_.now();
    for (int i = 0; i < kTimes; ++i) (void)clock_.now();
    return double(clock_.now() - begin) / kTimes / 2;
  }

  std::unique_ptr<Plan> inner_;
  double share_;
  TickClock clock_;
  double overshoot_;
  int64_t launches_ = 0, sample_ = 0;  // since the last rest, and between the two before
  int64_t together_ = 1, done_ = 0;    // launches of a delay
  bool whole_ = false;                 // no rest lies between them
  uint64_t begin_ = 0;
  double ticks_of_one_ = 0;
};

class PlantedBackend : public Backend {
 public:
  PlantedBackend(Backend& inner, double share)
      : inner_(inner), share_(share), name_(fmt::format("{}+{:g}%", inner.name(), 100 * share)) {}

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return inner_.substrate(); }
  std::vector<KernelInfo> kernels() const override { return inner_.kernels(); }
  Support supports(const Problem& problem, std::string_view kernel) const override {
    return inner_.supports(problem, kernel);
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    return planted_plan(inner_.plan(problem, kernel), share_, {processor_ticks, seconds_a_tick_});
  }
  bool timeable() const override { return inner_.timeable(); }
  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    return inner_.predictions(problem, src, point);
  }
  bool rules_trusted() const override { return inner_.rules_trusted(); }

 private:
  Backend& inner_;
  double share_, seconds_a_tick_ = seconds_a_tick();
  std::string name_;
};

}  // namespace

std::unique_ptr<Plan> planted_plan(std::unique_ptr<Plan> inner, double share,
                                   const TickClock& clock) {
  return std::make_unique<PlantedPlan>(std::move(inner), share, clock);
}

std::unique_ptr<Backend> planted(Backend& inner, double share) {
  if (inner.substrate().device().substrate != "host" || processor_ticks() == 0)
    throw std::runtime_error(
        fmt::format("--plant: {} works on no processor with a counter to wait by", inner.name()));
  return std::make_unique<PlantedBackend>(inner, share);
}

}  // namespace poolbench
