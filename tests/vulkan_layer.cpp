// A Vulkan layer that plays a driver which cannot do something, as its environment says:
//
//   POOLBENCH_TEST_REFUSED=OPCODE   makes no pipeline of a shader that has this instruction
//   POOLBENCH_TEST_ROOM=BYTES       has no memory for more than this at once
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <cstdlib>
#include <mutex>
#include <set>
#include <string_view>

namespace {

PFN_vkGetInstanceProcAddr next_of_instance = nullptr;
PFN_vkGetDeviceProcAddr next_of_device = nullptr;
VkInstance instance = VK_NULL_HANDLE;

std::mutex mutex;
std::set<VkShaderModule> refused;

uint64_t number(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? UINT64_MAX : std::strtoull(text, nullptr, 10);
}

bool has(const VkShaderModuleCreateInfo& info, uint64_t opcode) {
  constexpr size_t kHeader = 5;
  for (size_t at = kHeader; at < info.codeSize / sizeof(uint32_t); at += info.pCode[at] >> 16)
    if ((info.pCode[at] & 0xffff) == opcode) return true;
  return false;
}

template <class Function>
Function next(VkDevice device, const char* name) {
  return reinterpret_cast<Function>(next_of_device(device, name));
}

VkResult create_module(VkDevice device, const VkShaderModuleCreateInfo* info,
                       const VkAllocationCallbacks* callbacks, VkShaderModule* module) {
  const VkResult result = next<PFN_vkCreateShaderModule>(device, "vkCreateShaderModule")(
      device, info, callbacks, module);
  const std::lock_guard lock(mutex);
  refused.erase(*module);  // one that is gone may have had this handle
  if (has(*info, number("POOLBENCH_TEST_REFUSED"))) refused.insert(*module);
  return result;
}

VkResult create_pipelines(VkDevice device, VkPipelineCache cache, uint32_t count,
                          const VkComputePipelineCreateInfo* infos,
                          const VkAllocationCallbacks* callbacks, VkPipeline* pipelines) {
  {
    const std::lock_guard lock(mutex);
    for (uint32_t i = 0; i < count; ++i)
      if (refused.contains(infos[i].stage.module)) return VK_ERROR_UNKNOWN;
  }
  return next<PFN_vkCreateComputePipelines>(device, "vkCreateComputePipelines")(
      device, cache, count, infos, callbacks, pipelines);
}

VkResult allocate(VkDevice device, const VkMemoryAllocateInfo* info,
                  const VkAllocationCallbacks* callbacks, VkDeviceMemory* memory) {
  if (info->allocationSize > number("POOLBENCH_TEST_ROOM")) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  return next<PFN_vkAllocateMemory>(device, "vkAllocateMemory")(device, info, callbacks, memory);
}

// The loader's link to the next layer, which is taken out of the chain. `Info`: of an instance or a
// device.
template <class Info>
auto* take_link(const void* chain, VkStructureType type) {
  auto* info = static_cast<Info*>(const_cast<void*>(chain));
  while (info->sType != type || info->function != VK_LAYER_LINK_INFO)
    info = static_cast<Info*>(const_cast<void*>(info->pNext));
  auto* link = info->u.pLayerInfo;
  info->u.pLayerInfo = link->pNext;
  return link;
}

VkResult create_instance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* callbacks,
                         VkInstance* made) {
  next_of_instance = take_link<VkLayerInstanceCreateInfo>(
                         info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO)
                         ->pfnNextGetInstanceProcAddr;
  const auto create =
      reinterpret_cast<PFN_vkCreateInstance>(next_of_instance(nullptr, "vkCreateInstance"));
  const VkResult result = create(info, callbacks, made);
  instance = *made;
  return result;
}

VkResult create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                       const VkAllocationCallbacks* callbacks, VkDevice* made) {
  next_of_device =
      take_link<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO)
          ->pfnNextGetDeviceProcAddr;
  return reinterpret_cast<PFN_vkCreateDevice>(next_of_instance(instance, "vkCreateDevice"))(
      physical, info, callbacks, made);
}

PFN_vkVoidFunction own(std::string_view name);
PFN_vkVoidFunction of_device(VkDevice device, const char* name) {
  const PFN_vkVoidFunction function = own(name);
  return function != nullptr ? function : next_of_device(device, name);
}
PFN_vkVoidFunction of_instance(VkInstance given, const char* name) {
  const PFN_vkVoidFunction function = own(name);
  return function != nullptr ? function : next_of_instance(given, name);
}

PFN_vkVoidFunction own(std::string_view name) {
  const auto any = [](auto* function) { return reinterpret_cast<PFN_vkVoidFunction>(function); };
  if (name == "vkGetInstanceProcAddr") return any(of_instance);
  if (name == "vkGetDeviceProcAddr") return any(of_device);
  if (name == "vkCreateInstance") return any(create_instance);
  if (name == "vkCreateDevice") return any(create_device);
  if (name == "vkCreateShaderModule") return any(create_module);
  if (name == "vkCreateComputePipelines") return any(create_pipelines);
  if (name == "vkAllocateMemory") return any(allocate);
  return nullptr;
}

}  // namespace

extern "C" VkResult vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* interface) {
  interface->loaderLayerInterfaceVersion = 2;
  interface->pfnGetInstanceProcAddr = of_instance;
  interface->pfnGetDeviceProcAddr = of_device;
  interface->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
