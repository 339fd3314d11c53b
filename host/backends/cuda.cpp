#include "host/substrates/cuda.h"

#include <fmt/format.h>

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "kernels/cuda/cuda.h"

namespace poolbench {
namespace {

constexpr int64_t kUnit = 16;  // bytes of one access

// A linear pass over src and dst, in whole units: the last may reach beyond a tensor, but not
// beyond its page.
class CeilingPlan : public Plan {
 public:
  using Pass = void (*)(const void* src, int64_t reads, void* dst, int64_t writes, void* stream);
  CeilingPlan(const char* name, Pass pass, int64_t bytes_read, int64_t bytes_written)
      : name_(name),
        pass_(pass),
        reads_(ceil_div(bytes_read, kUnit)),
        writes_(ceil_div(bytes_written, kUnit)) {}

  std::string_view kernel() const override { return name_; }
  void launch(const Tensors& tensors, Stream stream) override {
    pass_(tensors[Role::kSrc], reads_, tensors[Role::kDst], writes_, stream);
  }

 private:
  const char* name_;
  Pass pass_;
  int64_t reads_, writes_;
};

class CudaBackend : public KernelListBackend {
 public:
  CudaBackend(std::string name, Substrate& substrate)
      : KernelListBackend(std::move(name), substrate, cuda::kernels()) {}

  std::vector<std::unique_ptr<Plan>> ceilings(const Problem&, int64_t bytes_read,
                                              int64_t bytes_written) override {
    std::vector<std::unique_ptr<Plan>> plans;
    const auto add = [&](const char* name, CeilingPlan::Pass pass) {
      plans.push_back(std::make_unique<CeilingPlan>(name, pass, bytes_read, bytes_written));
    };
    add("copy", cuda::copy);
    add("read", cuda::read);
    add("reduce", cuda::linear_reduce);
    return plans;
  }
};

}  // namespace

std::vector<std::unique_ptr<Backend>> open_cuda(const BackendOptions&) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const auto& substrate : cuda_substrates())
    backends.push_back(
        std::make_unique<CudaBackend>(fmt::format("cuda:{}", backends.size()), *substrate));
  return backends;
}

}  // namespace poolbench
