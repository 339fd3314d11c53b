// One backend a Vulkan device. Makes pipelines of the embedded shaders and records their dispatches
// into command buffers; kernels/vulkan/ has all that a kernel is.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_H_

#include <map>

#include "host/backend.h"
#include "host/backends/vulkan_pipeline_cache.h"
#include "host/substrates/vulkan.h"
#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/shaders.h"

namespace poolbench {

class VulkanBackend : public Backend {
 public:
  VulkanBackend(std::string name, std::unique_ptr<VulkanSubstrate> substrate,
                std::span<const vulkan::Shader> shaders = vulkan::shaders());

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return *substrate_; }
  std::vector<KernelInfo> kernels() const override;
  Support supports(const Problem& problem, std::string_view kernel = {}) const override;
  std::unique_ptr<Plan> plan(const Problem& problem, std::string_view kernel = {}) override;
  std::unique_ptr<Plan> floor(const Problem& problem, std::string_view kernel = {}) override;
  // A software driver's ceilings are the host's.
  std::vector<std::unique_ptr<Plan>> ceilings(const Problem&, int64_t bytes_read,
                                              int64_t bytes_written) override {
    if (substrate_->is_cpu()) return {};
    return linear_passes(bytes_read, bytes_written);
  }
  // What the driver says of the code that it made for each of a plan's dispatches, in its own
  // words: registers, instructions, bytes. Empty where it says nothing. Throws as plan() does.
  struct Statistics {
    std::string shader;
    std::vector<std::pair<std::string, double>> values;
  };
  std::vector<Statistics> statistics(const Problem& problem, std::string_view kernel);
  // In whole units of 16 bytes: the last may reach beyond a tensor, but not beyond its page.
  std::vector<std::unique_ptr<Plan>> linear_passes(int64_t bytes_read, int64_t bytes_written);

 private:
  friend class VulkanPlan;
  struct Choice {
    const vulkan::Kernel* kernel;
    std::string why_not;
  };
  Choice choose(const Shapes& shapes, std::string_view name) const;
  std::unique_ptr<Plan> make(const Problem& problem, std::string_view kernel, bool idle);
  int64_t enough() const;  // invocations that keep the device busy
  // Empty, or what the dispatch needs and the device lacks.
  std::string missing(const vulkan::Dispatch& dispatch) const;
  std::span<const uint32_t> words(std::string_view shader) const;
  // Made once for each set of constants; kept as long as the backend. Throws std::logic_error where
  // the shader's constants are not those of the dispatch.
  vk::Pipeline pipeline(const vulkan::Dispatch& dispatch);
  vk::raii::Pipeline compile(const vulkan::Dispatch& dispatch, vk::PipelineCreateFlags flags) const;

  std::string name_;
  std::unique_ptr<VulkanSubstrate> substrate_;
  std::span<const vulkan::Shader> shaders_;
  VulkanPipelineCache cache_;
  vk::raii::PipelineLayout layout_ = nullptr;
  std::map<std::pair<std::string, std::vector<uint32_t>>, vk::raii::Pipeline> pipelines_;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_H_
