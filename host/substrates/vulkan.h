// The Vulkan substrate: memory by device address, recordings as command buffers, time by
// timestamps. The Vulkan loader is opened at run time, not linked.
#ifndef POOLBENCH_HOST_SUBSTRATES_VULKAN_H_
#define POOLBENCH_HOST_SUBSTRATES_VULKAN_H_

#define VULKAN_HPP_NO_STRUCT_CONSTRUCTORS
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>
#include <vulkan/vulkan_raii.hpp>

#include "host/substrate.h"

namespace poolbench {

// The loader and an instance. With POOLBENCH_VULKAN_VALIDATION=1 in the environment the Khronos
// validation layer checks all calls, and each of its messages is an error.
class VulkanInstance {
 public:
  VulkanInstance();  // throws std::runtime_error where Vulkan cannot start
  VulkanInstance(const VulkanInstance&) = delete;

  const vk::raii::Instance& get() const { return instance_; }
  bool validates() const { return !layers_.empty(); }
  void add_message(const char* text);
  // Throws std::runtime_error with the first validation message since the last call, if any.
  void check();

 private:
  vk::raii::Context context_;
  std::vector<const char*> layers_;
  std::mutex mutex_;
  std::vector<std::string> messages_;
  vk::raii::Instance instance_ = nullptr;
  vk::raii::DebugUtilsMessengerEXT messenger_ = nullptr;
};

// Optional features that the shaders use. Those that are present are enabled.
struct VulkanFeatures {
  bool float64 = false;
  bool float16 = false;  // with conversions that keep subnormals and round to nearest even
  bool storage16 = false;
  bool storage8 = false;
  vk::PhysicalDeviceFloatControlsProperties float_controls = {};
};

// Why no shader of ours runs on the device, or empty.
std::string vulkan_why_not(const vk::raii::PhysicalDevice& device);

class VulkanSubstrate : public Substrate {
 public:
  // `always_stage`: go through a staging buffer even where memory is visible to the host.
  VulkanSubstrate(std::shared_ptr<VulkanInstance> instance, vk::raii::PhysicalDevice physical,
                  bool always_stage = false);
  ~VulkanSubstrate() override;

  const Device& device() const override { return device_; }
  NativeDevice native() const override;
  void* allocate(int64_t bytes) override;
  void release(void* memory) noexcept override;
  void write(void* to, const void* from, int64_t bytes) override;
  void read(void* to, const void* from, int64_t bytes) override;
  void fill(void* to, uint8_t byte, int64_t bytes) override;
  void copy(void* to, const void* from, int64_t bytes) override;
  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override;

  const vk::raii::Device& vulkan() const { return vulkan_; }
  const vk::PhysicalDeviceProperties& properties() const { return properties_; }
  const vk::PhysicalDeviceLimits& limits() const { return properties_.limits; }
  // Identifies the binary form of pipelines: the UUIDs of device, driver and pipeline cache.
  const std::string& pipeline_identity() const { return pipeline_identity_; }
  const VulkanFeatures& features() const { return features_; }
  // Whether the driver tells what it made of a shader (VK_KHR_pipeline_executable_properties).
  bool has_statistics() const { return has_statistics_; }
  bool is_cpu() const { return is_cpu_; }  // a software driver: its device is the host
  VulkanInstance& instance() const { return *instance_; }

 private:
  friend class VulkanRecording;
  struct Allocation {
    vk::raii::DeviceMemory memory = nullptr;
    vk::raii::Buffer buffer = nullptr;
    uint64_t start = 0;  // the buffer's first address; allocate() returns the next aligned one
    uint64_t size = 0;
    char* mapped = nullptr;  // null if it is not mapped
  };
  struct Place {
    const Allocation* allocation;
    uint64_t offset;
    char* mapped() const {
      return allocation->mapped == nullptr ? nullptr : allocation->mapped + offset;
    }
  };
  Allocation make(uint64_t size, vk::MemoryPropertyFlags needed, vk::MemoryPropertyFlags liked);
  Place find(const void* address) const;
  const Allocation& staging();
  // Makes what submitting takes, at the first call: drivers that only compile cannot.
  const vk::raii::CommandPool& pool();
  // Records, submits and waits.
  void run(const std::function<void(const vk::raii::CommandBuffer&)>& work);
  // Returns the seconds that it took.
  double submit_and_wait(const vk::raii::CommandBuffer& commands);

  std::shared_ptr<VulkanInstance> instance_;
  vk::raii::PhysicalDevice physical_;
  Device device_;
  VulkanFeatures features_;
  vk::PhysicalDeviceProperties properties_;
  std::string pipeline_identity_;
  vk::PhysicalDeviceMemoryProperties memory_;
  uint64_t largest_heap_ = 0, largest_allocation_ = 0;
  bool is_cpu_ = false, has_statistics_ = false;
  bool always_stage_;
  uint32_t family_ = 0;
  uint32_t timestamp_bits_ = 0;
  vk::raii::Device vulkan_ = nullptr;
  vk::raii::Queue queue_ = nullptr;
  vk::raii::CommandPool pool_ = nullptr;
  vk::raii::CommandBuffers transfer_ = nullptr;
  vk::raii::Fence fence_ = nullptr;
  std::map<uint64_t, Allocation> allocations_;  // by the address that allocate() returned
  uint64_t allocated_ = 0;
  Allocation staging_;
};

// The devices on which modules work, each opened once and never closed. Throws std::runtime_error
// with the reason when there is none.
const std::vector<std::unique_ptr<Substrate>>& vulkan_substrates();

}  // namespace poolbench

#endif  // POOLBENCH_HOST_SUBSTRATES_VULKAN_H_
