// The loader, the validation layer, and the features that a device must have.
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "host/substrates/vulkan.h"

namespace poolbench {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                          VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data,
                                          void* instance) {
  static_cast<VulkanInstance*>(instance)->add_message(data->pMessage);
  return VK_FALSE;
}

vk::raii::Context open_loader() try {
  return vk::raii::Context();
} catch (const std::exception& error) {
  throw std::runtime_error(
      fmt::format("no Vulkan loader (libvulkan.so.1; Debian: libvulkan1): {}", error.what()));
}

}  // namespace

VulkanInstance::VulkanInstance() : context_(open_loader()) {
  const char* wish = std::getenv("POOLBENCH_VULKAN_VALIDATION");
  std::vector<const char*> extensions;
  if (wish != nullptr && std::strcmp(wish, "1") == 0) {
    bool found = false;
    for (const auto& layer : context_.enumerateInstanceLayerProperties())
      found |= std::strcmp(layer.layerName, kValidationLayer) == 0;
    if (!found)
      throw std::runtime_error(
          "POOLBENCH_VULKAN_VALIDATION=1, but there is no VK_LAYER_KHRONOS_validation "
          "(Debian: vulkan-validationlayers)");
    layers_.push_back(kValidationLayer);
    extensions.push_back(VK_EXT_DEBUG_UTILS_EXTENSION_NAME);
  }
  if (context_.enumerateInstanceVersion() < VK_API_VERSION_1_2)
    throw std::runtime_error("the Vulkan loader is older than 1.2");
  const vk::ApplicationInfo application{.pApplicationName = "poolbench",
                                        .apiVersion = VK_API_VERSION_1_2};
  const vk::DebugUtilsMessengerCreateInfoEXT messages{
      .messageSeverity = vk::DebugUtilsMessageSeverityFlagBitsEXT::eWarning |
                         vk::DebugUtilsMessageSeverityFlagBitsEXT::eError,
      .messageType = vk::DebugUtilsMessageTypeFlagBitsEXT::eValidation |
                     vk::DebugUtilsMessageTypeFlagBitsEXT::ePerformance,
      .pfnUserCallback = on_message,
      .pUserData = this};
  const vk::InstanceCreateInfo info{.pNext = validates() ? &messages : nullptr,
                                    .pApplicationInfo = &application,
                                    .enabledLayerCount = uint32_t(layers_.size()),
                                    .ppEnabledLayerNames = layers_.data(),
                                    .enabledExtensionCount = uint32_t(extensions.size()),
                                    .ppEnabledExtensionNames = extensions.data()};
  try {
    instance_ = vk::raii::Instance(context_, info);
  } catch (const vk::SystemError& error) {
    throw std::runtime_error(fmt::format(
        "no Vulkan driver (Debian, in software: mesa-vulkan-drivers): {}", error.what()));
  }
  if (validates()) messenger_ = vk::raii::DebugUtilsMessengerEXT(instance_, messages);
}

void VulkanInstance::add_message(const char* text) {
  const std::lock_guard lock(mutex_);
  messages_.emplace_back(text);
}

void VulkanInstance::check() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) return;
  const std::string text =
      fmt::format("Vulkan validation ({} messages): {}", messages_.size(), messages_.front());
  messages_.clear();
  throw std::runtime_error(text);
}

std::string vulkan_why_not(const vk::raii::PhysicalDevice& device) {
  const auto properties = device.getProperties();
  const auto lacks = [&](const char* what) {
    return fmt::format("{} lacks {}", properties.deviceName.data(), what);
  };
  if (properties.apiVersion < VK_API_VERSION_1_2) return lacks("Vulkan 1.2");
  const auto chain =
      device.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan12Features>();
  const auto& features = chain.get<vk::PhysicalDeviceVulkan12Features>();
  if (!features.bufferDeviceAddress) return lacks("bufferDeviceAddress");
  if (!features.scalarBlockLayout) return lacks("scalarBlockLayout");
  if (!chain.get<vk::PhysicalDeviceFeatures2>().features.shaderInt64) return lacks("shaderInt64");
  for (const auto& family : device.getQueueFamilyProperties())
    if (family.queueFlags & vk::QueueFlagBits::eCompute) return {};
  return lacks("a compute queue");
}

}  // namespace poolbench
