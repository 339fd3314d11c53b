#include "host/substrates/cuda.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/backends/backends.h"
#include "host/backends/kernel_list.h"
#include "kernels/cuda/cuda.h"

namespace poolbench {
namespace {

constexpr int64_t kUnit = 16;  // bytes of one access

// A linear pass of given traffic: `reads` units from src, `writes` units to dst.
class CeilingPlan : public Plan {
 public:
  enum class Kind { kCopy, kRead, kReduce };
  CeilingPlan(Kind kind, int64_t reads, int64_t writes)
      : kind_(kind), reads_(reads), writes_(writes) {}

  std::string_view kernel() const override {
    return kind_ == Kind::kCopy ? "copy" : kind_ == Kind::kRead ? "read" : "linear_reduce";
  }
  // A copy writes as much as it reads; what dst cannot hold goes to scratch. The read needs one
  // word of scratch, which it never writes.
  int64_t scratch_bytes() const override {
    return kind_ == Kind::kCopy ? std::max<int64_t>(half() - writes_, 0) * kUnit : kUnit;
  }
  void launch(const Tensors& tensors, Stream stream) override {
    if (kind_ == Kind::kReduce) {
      cuda::linear_reduce(tensors[Role::kSrc], reads_, tensors[Role::kDst], writes_, stream);
    } else if (kind_ == Kind::kRead) {
      cuda::read(tensors[Role::kSrc], reads_, tensors[Role::kDst], writes_, tensors[Role::kScratch],
                 stream);
    } else {
      const int64_t to_dst = std::min(half(), writes_);
      cuda::copy(tensors[Role::kSrc], tensors[Role::kDst], to_dst, stream);
      cuda::copy(static_cast<const char*>(tensors[Role::kSrc]) + to_dst * kUnit,
                 tensors[Role::kScratch], half() - to_dst, stream);
    }
  }

 private:
  // Half of the traffic, but no more than there is to read.
  int64_t half() const { return std::min((reads_ + writes_) / 2, reads_); }

  Kind kind_;
  int64_t reads_, writes_;
};

class CudaBackend : public KernelListBackend {
 public:
  CudaBackend(std::string name, Substrate& substrate)
      : KernelListBackend(std::move(name), substrate, cuda::kernels()) {}

  std::vector<std::unique_ptr<Plan>> ceilings(const Problem&, int64_t bytes_read,
                                              int64_t bytes_written) override {
    std::vector<std::unique_ptr<Plan>> plans;
    using Kind = CeilingPlan::Kind;
    for (const Kind kind : {Kind::kCopy, Kind::kRead, Kind::kReduce})
      plans.push_back(
          std::make_unique<CeilingPlan>(kind, bytes_read / kUnit, bytes_written / kUnit));
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
