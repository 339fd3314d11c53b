#include "host/module_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "host/compare.h"
#include "host/fp_env.h"
#include "host/module_problem.h"

namespace poolbench {
namespace {

constexpr int64_t kMostPredictions = 16;  // for one output

// A status that is not POOLBENCH_OK, as the exception that it stands for.
[[noreturn]] void throw_status(const std::string& backend, const char* what, int32_t status,
                               const char* message) {
  const std::string text =
      *message != '\0' ? fmt::format("{}: {}", backend, message)
                       : fmt::format("{}: {} returned {} without a message", backend, what, status);
  if (status == POOLBENCH_REFUSED) throw Refused(text);
  if (status == POOLBENCH_OUT_OF_MEMORY) throw OutOfMemory(text);
  throw std::runtime_error(text);
}

class ModulePlan : public Plan {
 public:
  ModulePlan(const poolbench_backend* backend, int32_t version, std::string name,
             const Problem& problem, const char* kernel)
      : backend_(backend), name_(std::move(name)) {
    const int32_t status = backend_->plan(backend_, ModuleProblem(problem).get(), kernel, &plan_,
                                          message_, kModuleMessageBytes);
    if (status != POOLBENCH_OK) throw_status(name_, "plan", status, message_);
    // A module without plan_kernel() does as it is told, and else has one kernel worth a name.
    const char* chosen = kernel != nullptr ? kernel : backend_->kernels[0].name;
    if (backend_->plan_kernel != nullptr) chosen = backend_->plan_kernel(plan_);
    kernel_ = chosen != nullptr ? chosen : "";
    if (backend_->plan_scratch_bytes != nullptr)
      scratch_bytes_ = backend_->plan_scratch_bytes(plan_);
    if (version >= 3 && backend_->plan_reads_behind != nullptr)
      reads_behind_ = std::clamp<int64_t>(backend_->plan_reads_behind(plan_), 0, kMostReadBehind);
    for (const Operand& operand : operands(problem, scratch_bytes_))
      operands_.push_back({.role = int32_t(operand.role),
                           .access = int32_t(operand.access),
                           .bytes = operand.bytes,
                           .element_bytes = operand.element_bytes,
                           .address = nullptr});
  }
  ~ModulePlan() override {
    const FpGuard guard;
    if (backend_->destroy_plan != nullptr) backend_->destroy_plan(plan_);
  }
  ModulePlan(const ModulePlan&) = delete;
  ModulePlan& operator=(const ModulePlan&) = delete;

  std::string_view kernel() const override { return kernel_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t reads_behind() const override { return reads_behind_; }
  void launch(const Tensors& tensors, Stream stream) override {
    for (poolbench_operand& operand : operands_) operand.address = tensors[Role(operand.role)];
    const poolbench_tensors c = {.struct_bytes = sizeof c,
                                 .src = tensors[Role::kSrc],
                                 .dst = tensors[Role::kDst],
                                 .indices = static_cast<int64_t*>(tensors[Role::kIndices]),
                                 .scratch = tensors[Role::kScratch],
                                 .operands = operands_.data(),
                                 .operand_count = static_cast<int64_t>(operands_.size())};
    message_[0] = '\0';
    const int32_t status = backend_->launch(plan_, &c, stream, message_, kModuleMessageBytes);
    if (status != POOLBENCH_OK) throw_status(name_, "launch", status, message_);
  }
  void rest() override {
    if (backend_->rest != nullptr) backend_->rest(plan_);
  }

 private:
  const poolbench_backend* backend_;
  std::string name_;
  void* plan_ = nullptr;
  std::string kernel_;
  int64_t scratch_bytes_ = 0, reads_behind_ = 0;
  std::vector<poolbench_operand> operands_;
  char message_[kModuleMessageBytes] = {};
};

class ModuleBackend : public Backend {
 public:
  ModuleBackend(int32_t version, const poolbench_backend* backend, std::string name,
                Substrate& substrate, const ModuleTraits& traits)
      : version_(version),
        backend_(backend),
        name_(std::move(name)),
        substrate_(substrate),
        traits_(traits) {}

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override {
    std::vector<KernelInfo> infos;
    for (int32_t i = 0; i < backend_->kernel_count; ++i) {
      const poolbench_kernel& kernel = backend_->kernels[i];
      infos.push_back({kernel.name, kernel.summary != nullptr ? kernel.summary : ""});
    }
    return infos;
  }
  Support supports(const Problem& problem, std::string_view kernel) const override {
    if (std::string why_not = unknown(problem, kernel); !why_not.empty()) return {why_not};
    char message[kModuleMessageBytes] = {};
    const std::string wanted(kernel);
    if (backend_->supports(backend_, ModuleProblem(problem).get(),
                           wanted.empty() ? nullptr : wanted.c_str(), message,
                           kModuleMessageBytes) != 0)
      return {};
    return {fmt::format("{}: {}", name_, *message != '\0' ? message : "refused without a reason")};
  }
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override {
    if (const std::string why_not = unknown(problem, kernel); !why_not.empty())
      throw Refused(why_not);
    std::optional<OriginWatch> watch;
    if (!planned_) watch.emplace(*traits_.origin);
    const std::string wanted(kernel);
    auto plan = std::make_unique<ModulePlan>(backend_, version_, name_, problem,
                                             wanted.empty() ? nullptr : wanted.c_str());
    planned_ = true;
    return plan;
  }
  bool timeable() const override {
    const bool on_host = substrate_.device().substrate == "host";
    return backend_->check_only == 0 && !(traits_.own_openmp && on_host);
  }
  bool rules_trusted() const override { return traits_.rules_trusted; }
  std::vector<Prediction> predictions(const Problem& problem, const void* src,
                                      const Point& point) const override {
    if (version_ < 3 || backend_->predict == nullptr) return {};
    const poolbench_output output = output_of(src, point);
    poolbench_prediction all[kMostPredictions] = {};
    const int64_t count = std::clamp<int64_t>(
        backend_->predict(backend_, ModuleProblem(problem).get(), &output, all, kMostPredictions),
        0, kMostPredictions);
    std::vector<Prediction> predictions;
    for (const poolbench_prediction& one : std::span(all).first(count))
      predictions.push_back({rule_text(one.rule, sizeof one.rule), one.low, one.high,
                             one.one_of_taps != 0, one.index});
    return predictions;
  }
  std::string own_word(const Problem& problem, const void* src, const Point& point) const override {
    if (backend_->known_difference == nullptr) return {};
    const poolbench_output output = output_of(src, point);
    char message[kModuleMessageBytes] = {};
    const bool known = backend_->known_difference(backend_, ModuleProblem(problem).get(), &output,
                                                  message, kModuleMessageBytes) != 0;
    return known ? rule_text(message, sizeof message) : std::string();
  }

 private:
  static poolbench_output output_of(const void* src, const Point& point) {
    return {
        .struct_bytes = sizeof(poolbench_output),
        .src = src,
        .n = point.n,
        .c = point.c,
        .at = {point.output[0], point.output[1], point.output[2]},
        .expected = point.expected,
        .got = point.got,
        .expected_index = point.expected_index,
        .got_index = point.got_index,
    };
  }
  static std::string rule_text(const char* text, size_t room) {
    return *text == '\0' ? "unnamed" : std::string(text, strnlen(text, room));
  }
  // Why the module is not asked: a value that its version does not have, or a kernel that is not
  // among its own, so that a module with one kernel need not look at the name.
  std::string unknown(const Problem& problem, std::string_view kernel) const {
    if (const std::string what = unknown_to_module(version_, problem.shapes()); !what.empty())
      return fmt::format("{}: {}", name_, what);
    if (kernel.empty()) return {};
    for (int32_t i = 0; i < backend_->kernel_count; ++i)
      if (kernel == backend_->kernels[i].name) return {};
    return fmt::format("{} has no kernel '{}'", name_, kernel);
  }

  int32_t version_;
  const poolbench_backend* backend_;
  std::string name_;
  Substrate& substrate_;
  ModuleTraits traits_;
  bool planned_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_module_backend(int32_t version, const poolbench_backend* backend,
                                             std::string name, Substrate& substrate,
                                             const ModuleTraits& traits) {
  return std::make_unique<ModuleBackend>(version, backend, std::move(name), substrate, traits);
}

}  // namespace poolbench
