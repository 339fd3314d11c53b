#include "kernels/openmp/openmp.h"

#include <fmt/format.h>
#include <omp.h>

#include <cstdlib>
#include <stdexcept>

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "host/substrates/host.h"

namespace poolbench {
namespace {

// A linear pass over memory. src and dst have bytes_read + bytes_written bytes each.
class CeilingPlan : public Plan {
 public:
  CeilingPlan(const char* name, int threads, int64_t bytes_read, int64_t bytes_written)
      : name_(name), threads_(threads), read_(bytes_read), written_(bytes_written) {}
  std::string_view kernel() const override { return name_; }
  void launch(const Tensors& tensors, Stream) override {
    const openmp::LinearPasses& passes = openmp::family().passes;
    omp_set_num_threads(threads_);
    if (name_ == "copy")
      passes.copy(tensors[Role::kDst], tensors[Role::kSrc], (read_ + written_) / 2);
    else if (name_ == "read")
      passes.read(tensors[Role::kDst], tensors[Role::kSrc], read_ + written_);
    else
      passes.reduce(tensors[Role::kDst], tensors[Role::kSrc], read_, written_);
  }

 private:
  std::string_view name_;
  int threads_;
  int64_t read_, written_;
};

// "openmp" uses all cores that the process may run on, "openmp@N" N threads.
class OpenMpBackend : public KernelListBackend {
 public:
  explicit OpenMpBackend(int threads)
      : KernelListBackend(threads == 0 ? "openmp" : fmt::format("openmp@{}", threads),
                          host_substrate(), openmp::family().kernels),
        threads_(threads != 0 ? threads : omp_get_num_procs()) {}

  std::vector<std::unique_ptr<Plan>> ceilings(int64_t bytes_read, int64_t bytes_written) override {
    std::vector<std::unique_ptr<Plan>> plans;
    for (const char* name : {"copy", "read", "reduce"})
      plans.push_back(std::make_unique<CeilingPlan>(name, threads_, bytes_read, bytes_written));
    return plans;
  }

 protected:
  void before_launch() const override { omp_set_num_threads(threads_); }

 private:
  int threads_;
};

}  // namespace

std::vector<std::unique_ptr<Backend>> open_openmp(const BackendOptions& options) {
  if (const openmp::Family& family = openmp::family(); family.isa == nullptr) {
    const char* forced = std::getenv("POOLBENCH_ISA");
    throw std::runtime_error(
        fmt::format("{} (POOLBENCH_ISA is '{}')", family.why_not, forced != nullptr ? forced : ""));
  }
  std::vector<std::unique_ptr<Backend>> backends;
  for (const int threads : options.threads)
    backends.push_back(std::make_unique<OpenMpBackend>(threads));
  if (backends.empty()) backends.push_back(std::make_unique<OpenMpBackend>(0));
  return backends;
}

}  // namespace poolbench
