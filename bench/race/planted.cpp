#include "bench/race/planted.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/time/machine.h"
#include "host/compare.h"

namespace poolbench {
namespace {

// Ticks between two readings of the counter, one after the other.
uint64_t ticks_of_reading() {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t begin = processor_ticks();
    least = std::min(least, processor_ticks() - begin);
  }
  return least;
}

class PlantedPlan : public Plan {
 public:
  PlantedPlan(std::unique_ptr<Plan> inner, double share)
      : inner_(std::move(inner)), share_(share), reading_(ticks_of_reading()) {}
  std::string_view kernel() const override { return inner_->kernel(); }
  int64_t scratch_bytes() const override { return inner_->scratch_bytes(); }
  void rest() override { inner_->rest(); }
  // What reading the counter takes is part of the delay.
  void launch(const Tensors& tensors, Stream stream) override {
    const uint64_t begin = processor_ticks();
    inner_->launch(tensors, stream);
    const uint64_t end = processor_ticks();
    const auto delay = uint64_t(share_ * double(end - begin));
    if (delay <= 2 * reading_) return;
    while (processor_ticks() - end < delay - 2 * reading_) {
    }
  }

 private:
  std::unique_ptr<Plan> inner_;
  double share_;
  uint64_t reading_;
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
    return std::make_unique<PlantedPlan>(inner_.plan(problem, kernel), share_);
  }
  bool timeable() const override { return inner_.timeable(); }
  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    return inner_.predictions(problem, src, point);
  }
  bool rules_trusted() const override { return inner_.rules_trusted(); }

 private:
  Backend& inner_;
  double share_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Backend> planted(Backend& inner, double share) {
  if (inner.substrate().device().substrate != "host" || processor_ticks() == 0)
    throw std::runtime_error(
        fmt::format("--plant: {} works on no processor with a counter to wait by", inner.name()));
  return std::make_unique<PlantedBackend>(inner, share);
}

}  // namespace poolbench
