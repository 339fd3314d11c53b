#include "host/backends/kernel_list.h"

#include <fmt/format.h>

#include "host/lower.h"
#include "host/refusal.h"

namespace poolbench {

class KernelListPlan : public Plan {
 public:
  KernelListPlan(const KernelListBackend& backend, const Kernel& kernel, const Problem& problem,
                 bool idle)
      : backend_(backend), kernel_(kernel), args_(without_memory(lower_for_kernels(problem))) {
    const Tables tables = window_tables(problem);
    const auto bytes = static_cast<int64_t>(tables.windows.size() * sizeof(Window));
    tables_ = Buffer(backend.substrate(), bytes);
    backend.substrate().write(tables_.at(), tables.windows.data(), bytes);
    set_tables(args_, tables, static_cast<const Window*>(tables_.at()));
    args_.idle = idle;
    if (kernel.scratch_bytes != nullptr) scratch_bytes_ = kernel.scratch_bytes(args_);
  }

  std::string_view kernel() const override { return kernel_.name; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  void launch(const Tensors& tensors, Stream stream) override {
    PoolArgs args = args_;
    set_operands(args, tensors);
    backend_.before_launch();
    kernel_.launch(args, stream);
  }

 private:
  const KernelListBackend& backend_;
  const Kernel& kernel_;
  PoolArgs args_;
  Buffer tables_;
  int64_t scratch_bytes_ = 0;
};

std::vector<KernelInfo> KernelListBackend::kernels() const {
  std::vector<KernelInfo> infos;
  for (const Kernel& kernel : kernels_) infos.push_back({kernel.name, kernel.summary});
  return infos;
}

KernelListBackend::Choice KernelListBackend::choose(const Shapes& shapes,
                                                    std::string_view name) const {
  std::string why_not = fmt::format("{} has no kernel '{}'", name_, name);
  for (const Kernel& kernel : kernels_) {
    if (!name.empty() && name != kernel.name) continue;
    const Refusal refusal = kernel.why_not(shapes);
    if (!refusal) return {&kernel, {}};
    why_not =
        fmt::format("{}.{}: {}", name_, kernel.name, refusal_text(kernel.takes, refusal, shapes));
  }
  return {nullptr, why_not};
}

Support KernelListBackend::supports(const Problem& problem, std::string_view kernel) const {
  return {choose(lower_for_kernels(problem), kernel).why_not};
}

std::unique_ptr<Plan> KernelListBackend::make(const Problem& problem, std::string_view name,
                                              bool idle) const {
  const auto [kernel, why_not] = choose(lower_for_kernels(problem), name);
  if (kernel == nullptr) throw Refused(why_not);
  return std::make_unique<KernelListPlan>(*this, *kernel, problem, idle);
}

std::unique_ptr<Plan> KernelListBackend::plan(const Problem& problem, std::string_view kernel) {
  return make(problem, kernel, false);
}

std::unique_ptr<Plan> KernelListBackend::floor(const Problem& problem, std::string_view kernel) {
  return make(problem, kernel, true);
}

}  // namespace poolbench
