#include "kernels/openmp/openmp.h"

#include <fmt/format.h>
#include <omp.h>

#include <cstdlib>
#include <stdexcept>

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "host/least_operations.h"
#include "host/substrates/host.h"

namespace poolbench {
namespace {

constexpr std::string_view kCompute = "compute";

class CeilingPlan : public Plan {
 public:
  CeilingPlan(std::string_view pass, int threads, std::string name, const Problem& problem,
              int64_t bytes_read, int64_t bytes_written)
      : pass_(pass),
        threads_(threads),
        name_(std::move(name)),
        read_(bytes_read),
        written_(bytes_written),
        shapes_(problem.shapes()) {
    if (pass == kCompute) operations_ = least_operations(problem);
  }
  std::string_view kernel() const override { return name_; }
  void launch(const Tensors& tensors, Stream) override {
    const openmp::CeilingPasses& passes = openmp::family().passes;
    const openmp::Traffic traffic = {tensors[Role::kSrc], read_, tensors[Role::kDst], written_};
    omp_set_num_threads(threads_);
    if (pass_ == kCompute)
      passes.compute(shapes_, operations_.loads, operations_.merges, operations_.outputs);
    else if (pass_ == "read")
      passes.read(traffic);
    else if (pass_ == "reduce")
      passes.reduce(traffic);
    else
      passes.stream(traffic);
  }

 private:
  std::string_view pass_;
  int threads_;
  std::string name_;
  int64_t read_, written_;
  Shapes shapes_;
  Operations operations_;
};

// "openmp" uses all cores that the process may run on, "openmp@N" N threads.
class OpenMpBackend : public KernelListBackend {
 public:
  explicit OpenMpBackend(int threads)
      : KernelListBackend(threads == 0 ? "openmp" : fmt::format("openmp@{}", threads),
                          host_substrate(), openmp::family().kernels),
        threads_(threads != 0 ? threads : omp_get_num_procs()) {
    openmp::last_level_bytes = host_substrate().device().cache_bytes;
  }

  std::vector<std::unique_ptr<Plan>> ceilings(const Problem& problem, int64_t bytes_read,
                                              int64_t bytes_written) override {
    std::vector<std::unique_ptr<Plan>> plans;
    const auto add = [&](std::string_view pass, int threads, std::string name) {
      plans.push_back(std::make_unique<CeilingPlan>(pass, threads, std::move(name), problem,
                                                    bytes_read, bytes_written));
    };
    std::vector<std::string_view> passes = {"read", "reduce", "stream"};
    if (openmp::family().passes.computes(problem.shapes())) passes.push_back(kCompute);
    for (const std::string_view pass : passes) add(pass, threads_, std::string(pass));
    if (threads_ > 1)
      for (const std::string_view pass : passes) add(pass, 1, fmt::format("{}/1", pass));
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
