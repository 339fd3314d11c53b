// One backend a Vulkan device: pipelines made of the embedded shaders, launched into command
// buffers.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_H_

#include <map>

#include "host/backend.h"
#include "host/backends/vulkan_pipeline_cache.h"
#include "host/substrates/vulkan.h"
#include "kernels/vulkan/kernels.h"

namespace poolbench {

class VulkanBackend : public Backend {
 public:
  VulkanBackend(std::string name, std::unique_ptr<VulkanSubstrate> substrate);

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return *substrate_; }
  std::vector<KernelInfo> kernels() const override;
  Support supports(const Problem& problem, std::string_view kernel = {}) const override;
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel = {}) override;
  // The host's own stand for a software driver's.
  std::vector<std::unique_ptr<Plan>> ceilings(int64_t bytes_read, int64_t bytes_written) override {
    if (substrate_->is_cpu()) return {};
    return linear_passes(bytes_read, bytes_written);
  }
  std::vector<std::unique_ptr<Plan>> linear_passes(int64_t bytes_read, int64_t bytes_written);

 private:
  friend class VulkanPlan;
  struct Choice {
    const vulkan::Kernel* kernel;
    std::string why_not;
  };
  Choice choose(const Shapes& args, std::string_view name) const;
  int64_t enough() const;  // invocations
  // Empty, or what the device lacks for it.
  std::string missing(const vulkan::Dispatch& dispatch) const;
  // Made once for each set of constants; kept as long as the backend.
  vk::Pipeline pipeline(const vulkan::Dispatch& dispatch);

  std::string name_;
  std::unique_ptr<VulkanSubstrate> substrate_;
  VulkanPipelineCache cache_;
  vk::raii::PipelineLayout layout_ = nullptr;
  std::map<std::pair<std::string, std::vector<uint32_t>>, vk::raii::Pipeline> pipelines_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_H_
