// The naive backend with something done before or after each launch.
#ifndef POOLBENCH_TESTS_ODD_BACKEND_H_
#define POOLBENCH_TESTS_ODD_BACKEND_H_

#include <cmath>
#include <cstring>
#include <functional>

#include "host/backends/backends.h"
#include "host/compare.h"

namespace poolbench {

using Deed = std::function<void(const Problem&, const Tensors&)>;

struct OddPlan : Plan {
  OddPlan(std::unique_ptr<Plan> inner, Problem problem, Deed after)
      : inner(std::move(inner)), problem(std::move(problem)), after(std::move(after)) {}
  std::string_view kernel() const override { return inner->kernel(); }
  void launch(const Tensors& tensors, Stream stream) override {
    inner->launch(tensors, stream);
    after(problem, tensors);
  }
  std::unique_ptr<Plan> inner;
  Problem problem;
  Deed after;
};

class OddBackend : public Backend {
 public:
  explicit OddBackend(Deed after) : after_(std::move(after)) {}
  std::string_view name() const override { return "odd"; }
  Substrate& substrate() const override { return naive_->substrate(); }
  std::vector<KernelInfo> kernels() const override { return naive_->kernels(); }
  Support supports(const Problem& problem, std::string_view kernel) const override {
    return naive_->supports(problem, kernel);
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    planned.push_back(to_text(problem));
    return std::make_unique<OddPlan>(naive_->plan(problem, kernel), problem, after_);
  }

  std::vector<std::string> planned;

 private:
  std::unique_ptr<Backend> naive_ = std::move(open_naive({}).front());
  Deed after_;
};

// Turns NaN outputs of f32 problems into 0: a maximum that does not look for NaN.
inline void drop_nan(const Problem& problem, const Tensors& tensors) {
  if (problem.dtype() != DType::kF32) return;
  auto* dst = static_cast<float*>(tensors[Role::kDst]);
  for (int64_t i = 0; i < problem.dst_count(); ++i)
    if (std::isnan(dst[i])) dst[i] = 0;
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_ODD_BACKEND_H_
