// A module that works on Vulkan: f32 windows of one tap, which copy the input.
#include <vulkan/vulkan_core.h>

#include <algorithm>
#include <cstdio>

#include "host/module.h"

namespace {

constexpr uint32_t kWords[] = {
#include "vulkan_module.inc"
};
struct Push {
  VkDeviceAddress src, dst;
  uint32_t count;
};

// What use_vulkan() made. One device is enough for a test.
VkDevice device = nullptr;
VkPipelineLayout layout = nullptr;
VkPipeline pipeline = nullptr;
PFN_vkGetDeviceProcAddr device_function = nullptr;

// A function of the device by its type: function<PFN_vkCmdDispatch>("vkCmdDispatch").
template <class Function>
Function function(const char* name) {
  return reinterpret_cast<Function>(device_function(device, name));
}

int32_t use_vulkan(const poolbench_backend*, const poolbench_vulkan* vulkan, char* message,
                   int64_t message_bytes) {
  const auto instance_function =
      reinterpret_cast<PFN_vkGetInstanceProcAddr>(vulkan->get_instance_proc_addr);
  device = static_cast<VkDevice>(vulkan->device);
  device_function = reinterpret_cast<PFN_vkGetDeviceProcAddr>(
      instance_function(static_cast<VkInstance>(vulkan->instance), "vkGetDeviceProcAddr"));
  const VkPushConstantRange range = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(Push)};
  const VkPipelineLayoutCreateInfo layout_info = {
      VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO, nullptr, 0, 0, nullptr, 1, &range};
  const VkShaderModuleCreateInfo shader_info = {VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
                                                nullptr, 0, sizeof kWords, kWords};
  VkShaderModule shader = nullptr;
  VkResult result = function<PFN_vkCreatePipelineLayout>("vkCreatePipelineLayout")(
      device, &layout_info, nullptr, &layout);
  if (result == VK_SUCCESS)
    result = function<PFN_vkCreateShaderModule>("vkCreateShaderModule")(device, &shader_info,
                                                                        nullptr, &shader);
  VkComputePipelineCreateInfo info = {};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.layout = layout;
  if (result == VK_SUCCESS)
    result = function<PFN_vkCreateComputePipelines>("vkCreateComputePipelines")(
        device, nullptr, 1, &info, nullptr, &pipeline);
  if (shader != nullptr)
    function<PFN_vkDestroyShaderModule>("vkDestroyShaderModule")(device, shader, nullptr);
  if (result == VK_SUCCESS) return POOLBENCH_OK;
  std::snprintf(message, size_t(message_bytes), "VkResult %d", int(result));
  return POOLBENCH_FAILED;
}

int32_t supports(const poolbench_backend*, const poolbench_problem* p, const char*, char* message,
                 int64_t message_bytes) {
  const bool one_tap = std::all_of(p->kernel, p->kernel + 3, [](int64_t k) { return k == 1; }) &&
                       std::equal(p->src, p->src + 3, p->dst);
  if (p->dtype == POOLBENCH_F32 && p->reduction == POOLBENCH_MAX && !p->with_indices && one_tap)
    return 1;
  std::snprintf(message, size_t(message_bytes), "k: f32 max of one tap only");
  return 0;
}

int32_t plan(const poolbench_backend* self, const poolbench_problem* p, const char* kernel,
             void** plan, char* message, int64_t message_bytes) {
  if (!supports(self, p, kernel, message, message_bytes)) return POOLBENCH_REFUSED;
  *plan = new uint32_t(uint32_t(p->n * p->c * p->dst[0] * p->dst[1] * p->dst[2]));
  return POOLBENCH_OK;
}

// Takes the addresses from the list of operands.
int32_t launch(void* plan, const poolbench_tensors* tensors, void* stream, char*, int64_t) {
  Push push = {0, 0, *static_cast<uint32_t*>(plan)};
  for (int64_t i = 0; i < tensors->operand_count; ++i) {
    const poolbench_operand& operand = tensors->operands[i];
    if (operand.role == POOLBENCH_SRC)
      push.src = reinterpret_cast<VkDeviceAddress>(operand.address);
    if (operand.role == POOLBENCH_DST)
      push.dst = reinterpret_cast<VkDeviceAddress>(operand.address);
  }
  const auto commands = static_cast<VkCommandBuffer>(stream);
  function<PFN_vkCmdBindPipeline>("vkCmdBindPipeline")(commands, VK_PIPELINE_BIND_POINT_COMPUTE,
                                                       pipeline);
  function<PFN_vkCmdPushConstants>("vkCmdPushConstants")(
      commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
  function<PFN_vkCmdDispatch>("vkCmdDispatch")(commands, (push.count + 63) / 64, 1, 1);
  return POOLBENCH_OK;
}

void destroy(void* plan) { delete static_cast<uint32_t*>(plan); }

constexpr poolbench_kernel kKernels[] = {{.name = "copy", .summary = "one tap a window"}};
const poolbench_backend kBackend = {.struct_bytes = sizeof kBackend,
                                    .substrate = "vulkan",
                                    .kernel_count = 1,
                                    .kernels = kKernels,
                                    .supports = supports,
                                    .plan = plan,
                                    .launch = launch,
                                    .destroy_plan = destroy,
                                    .use_vulkan = use_vulkan};
const poolbench_backend* const kBackends[] = {&kBackend};
const poolbench_module kModule = {.version = POOLBENCH_MODULE_VERSION,
                                  .backend_count = 1,
                                  .struct_bytes = sizeof kModule,
                                  .backends = kBackends};

}  // namespace

const poolbench_module* poolbench_open_module() { return &kModule; }
