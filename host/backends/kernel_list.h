// A backend made of a family's ordered list of kernels (kernels/family.h). naive, openmp, cuda and
// its emulator differ only in the list, the substrate and the name.
#ifndef POOLBENCH_HOST_BACKENDS_KERNEL_LIST_H_
#define POOLBENCH_HOST_BACKENDS_KERNEL_LIST_H_

#include <functional>
#include <span>

#include "host/backend.h"
#include "kernels/family.h"

namespace poolbench {

struct KernelListBackend : Backend {
  KernelListBackend(std::string name, Substrate& substrate, std::span<const Kernel> kernels)
      : name_(std::move(name)), substrate_(substrate), kernels_(kernels) {}

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return substrate_; }
  std::vector<KernelInfo> kernels() const override;
  Support supports(const Problem& problem, std::string_view kernel) const override;
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel) override;
  std::unique_ptr<Plan> floor(const Problem& problem, std::string_view kernel) override;

 protected:
  // Called before each launch, on the calling thread (sets OpenMP's number of threads).
  virtual void before_launch() const {}

 private:
  friend class KernelListPlan;
  struct Choice {
    const Kernel* kernel;
    std::string why_not;
  };
  Choice choose(const Shapes& shapes, std::string_view kernel) const;
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel, bool idle) const;

  std::string name_;
  Substrate& substrate_;
  std::span<const Kernel> kernels_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_KERNEL_LIST_H_
