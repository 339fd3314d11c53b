#include "host/substrates/vulkan.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "host/substrates/host.h"

namespace poolbench {
namespace {

constexpr const char* kStatistics = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;

constexpr uint64_t kAlignment = 256;
constexpr uint64_t kStagingBytes = uint64_t{32} << 20;
// Vulkan does not report cache sizes. 64 MiB is at least the last-level cache of every GPU known to
// us except AMD's Infinity Cache of 96 to 256 MiB, where a cold row is in truth a warm one.
constexpr int64_t kAssumedCacheBytes = int64_t{64} << 20;

std::string hex(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

vk::MemoryBarrier barrier(vk::AccessFlags from, vk::AccessFlags to) {
  return {.srcAccessMask = from, .dstAccessMask = to};
}

// Waits for all work before it, and makes its writes visible to all work after it.
void full_barrier(const vk::raii::CommandBuffer& commands) {
  using enum vk::AccessFlagBits;
  commands.pipelineBarrier(
      vk::PipelineStageFlagBits::eAllCommands,
      vk::PipelineStageFlagBits::eAllCommands | vk::PipelineStageFlagBits::eHost, {},
      barrier(eMemoryWrite, eMemoryRead | eMemoryWrite | eHostRead | eHostWrite), {}, {});
}

}  // namespace

class VulkanRecording : public Recording {
 public:
  VulkanRecording(VulkanSubstrate& substrate, const std::function<void(Stream)>& work)
      : substrate_(substrate),
        queries_(substrate.vulkan(),
                 vk::QueryPoolCreateInfo{.queryType = vk::QueryType::eTimestamp, .queryCount = 2}),
        commands_(substrate.vulkan(), {.commandPool = *substrate.pool(), .commandBufferCount = 1}) {
    const auto& commands = commands_.front();
    commands.begin(vk::CommandBufferBeginInfo{});
    full_barrier(commands);
    if (substrate.timestamp_bits_ > 0) {
      commands.resetQueryPool(*queries_, 0, 2);
      commands.writeTimestamp(vk::PipelineStageFlagBits::eBottomOfPipe, *queries_, 0);
    }
    work(static_cast<VkCommandBuffer>(*commands));
    full_barrier(commands);
    if (substrate.timestamp_bits_ > 0)
      commands.writeTimestamp(vk::PipelineStageFlagBits::eBottomOfPipe, *queries_, 1);
    commands.end();
    substrate.instance().check();
  }

  double replay() override {
    const double seconds = submit();
    // A queue without timestamps is timed by the host, which includes the wait.
    if (substrate_.timestamp_bits_ == 0) return seconds;
    const auto [result, ticks] = queries_.getResults<uint64_t>(
        0, 2, 2 * sizeof(uint64_t), sizeof(uint64_t),
        vk::QueryResultFlagBits::e64 | vk::QueryResultFlagBits::eWait);
    const uint64_t mask = ~uint64_t{0} >> (64 - substrate_.timestamp_bits_);
    return double((ticks[1] - ticks[0]) & mask) * substrate_.limits().timestampPeriod * 1e-9;
  }
  double submit() override { return substrate_.submit_and_wait(commands_.front()); }

 private:
  VulkanSubstrate& substrate_;
  vk::raii::QueryPool queries_;
  vk::raii::CommandBuffers commands_;
};

VulkanSubstrate::VulkanSubstrate(std::shared_ptr<VulkanInstance> instance,
                                 vk::raii::PhysicalDevice physical, bool always_stage)
    : instance_(std::move(instance)), physical_(std::move(physical)), always_stage_(always_stage) {
  const auto properties =
      physical_.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceVulkan11Properties,
                               vk::PhysicalDeviceVulkan12Properties,
                               vk::PhysicalDeviceFloatControlsProperties>();
  const auto& core = properties.get<vk::PhysicalDeviceProperties2>().properties;
  const auto& driver = properties.get<vk::PhysicalDeviceVulkan12Properties>();
  const auto& ids = properties.get<vk::PhysicalDeviceVulkan11Properties>();
  properties_ = core;
  pipeline_identity_ = fmt::format("{}-{}-{}", hex(ids.deviceUUID), hex(ids.driverUUID),
                                   hex(core.pipelineCacheUUID));
  memory_ = physical_.getMemoryProperties();
  largest_allocation_ = ids.maxMemoryAllocationSize;
  is_cpu_ = core.deviceType == vk::PhysicalDeviceType::eCpu;
  device_.substrate = "vulkan";
  device_.name = core.deviceName.data();
  device_.driver = fmt::format("{} {}", driver.driverName.data(), driver.driverInfo.data());
  for (uint32_t i = 0; i < memory_.memoryHeapCount; ++i)
    if (memory_.memoryHeaps[i].flags & vk::MemoryHeapFlagBits::eDeviceLocal)
      largest_heap_ = std::max<uint64_t>(largest_heap_, memory_.memoryHeaps[i].size);
  if (is_cpu_) {
    device_.uuid = host_substrate().device().uuid;
    device_.cache_bytes = host_substrate().device().cache_bytes;
    device_.memory_bytes = host_substrate().device().memory_bytes;
  } else {
    device_.uuid = hex(ids.deviceUUID);
    device_.cache_bytes = kAssumedCacheBytes;
    device_.memory_bytes = int64_t(largest_heap_);
  }

  const auto has =
      physical_.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan11Features,
                             vk::PhysicalDeviceVulkan12Features>();
  const auto& has_core = has.get<vk::PhysicalDeviceFeatures2>().features;
  features_.float64 = has_core.shaderFloat64;
  features_.storage16 = has.get<vk::PhysicalDeviceVulkan11Features>().storageBuffer16BitAccess;
  features_.storage8 = has.get<vk::PhysicalDeviceVulkan12Features>().storageBuffer8BitAccess;
  features_.float_controls = properties.get<vk::PhysicalDeviceFloatControlsProperties>();
  features_.float_controls.pNext = nullptr;
  // Mesa's software driver (22.3) converts correctly, as the processor does, but does not report
  // it.
  const auto& controls = features_.float_controls;
  const bool keeps_subnormals =
      controls.shaderDenormPreserveFloat16 &&
      (controls.denormBehaviorIndependence != vk::ShaderFloatControlsIndependence::eNone ||
       controls.shaderDenormPreserveFloat32);
  const bool rounds_to_even =
      controls.shaderRoundingModeRTEFloat16 &&
      controls.roundingModeIndependence != vk::ShaderFloatControlsIndependence::eNone;
  features_.float16 = has.get<vk::PhysicalDeviceVulkan12Features>().shaderFloat16 &&
                      ((keeps_subnormals && rounds_to_even) || is_cpu_);
  std::vector<const char*> extensions;
  for (const vk::ExtensionProperties& extension : physical_.enumerateDeviceExtensionProperties())
    if (extension.extensionName == std::string_view(kStatistics)) extensions.push_back(kStatistics);
  has_statistics_ = !extensions.empty();
  vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR statistics{.pipelineExecutableInfo =
                                                                           true};
  vk::StructureChain wanted{
      vk::PhysicalDeviceFeatures2{
          .features = {.shaderFloat64 = features_.float64, .shaderInt64 = true}},
      vk::PhysicalDeviceVulkan11Features{.storageBuffer16BitAccess = features_.storage16},
      vk::PhysicalDeviceVulkan12Features{.storageBuffer8BitAccess = features_.storage8,
                                         .shaderFloat16 = features_.float16,
                                         .scalarBlockLayout = true,
                                         .bufferDeviceAddress = true}};

  const auto families = physical_.getQueueFamilyProperties();
  // Prefers the first compute queue with timestamps, then the first compute queue.
  int best = -1;
  for (uint32_t i = uint32_t(families.size()); i-- > 0;) {
    if (!(families[i].queueFlags & vk::QueueFlagBits::eCompute)) continue;
    const int score = families[i].timestampValidBits > 0;
    if (score >= best) family_ = i, best = score;
  }
  timestamp_bits_ = families[family_].timestampValidBits;
  const float priority = 1;
  const vk::DeviceQueueCreateInfo queue{
      .queueFamilyIndex = family_, .queueCount = 1, .pQueuePriorities = &priority};
  if (has_statistics_) wanted.get<vk::PhysicalDeviceVulkan12Features>().pNext = &statistics;
  vulkan_ = vk::raii::Device(physical_, {.pNext = &wanted.get<vk::PhysicalDeviceFeatures2>(),
                                         .queueCreateInfoCount = 1,
                                         .pQueueCreateInfos = &queue,
                                         .enabledExtensionCount = uint32_t(extensions.size()),
                                         .ppEnabledExtensionNames = extensions.data()});
  queue_ = vulkan_.getQueue(family_, 0);
}

VulkanSubstrate::~VulkanSubstrate() = default;

const vk::raii::CommandPool& VulkanSubstrate::pool() {
  if (*pool_) return pool_;
  pool_ = vk::raii::CommandPool(
      vulkan_,
      {.flags = vk::CommandPoolCreateFlagBits::eResetCommandBuffer, .queueFamilyIndex = family_});
  transfer_ = vk::raii::CommandBuffers(vulkan_, {.commandPool = *pool_, .commandBufferCount = 1});
  fence_ = vk::raii::Fence(vulkan_, vk::FenceCreateInfo{});
  return pool_;
}

VulkanSubstrate::Allocation VulkanSubstrate::make(uint64_t size, vk::MemoryPropertyFlags needed,
                                                  vk::MemoryPropertyFlags liked) {
  Allocation made;
  made.size = size;
  made.buffer = vk::raii::Buffer(
      vulkan_, vk::BufferCreateInfo{.size = size,
                                    .usage = vk::BufferUsageFlagBits::eStorageBuffer |
                                             vk::BufferUsageFlagBits::eTransferSrc |
                                             vk::BufferUsageFlagBits::eTransferDst |
                                             vk::BufferUsageFlagBits::eShaderDeviceAddress});
  const auto wanted = made.buffer.getMemoryRequirements();
  int best = -1, best_score = -1;
  for (uint32_t i = 0; i < memory_.memoryTypeCount; ++i) {
    const auto flags = memory_.memoryTypes[i].propertyFlags;
    if (((wanted.memoryTypeBits >> i) & 1) == 0 || (flags & needed) != needed) continue;
    const int score = (flags & liked) == liked;
    if (score > best_score) best = int(i), best_score = score;
  }
  if (best < 0) throw std::runtime_error(device_.name + " has no memory of the kind needed");
  const vk::MemoryAllocateFlagsInfo flags{.flags = vk::MemoryAllocateFlagBits::eDeviceAddress};
  made.memory = vk::raii::DeviceMemory(
      vulkan_, {.pNext = &flags, .allocationSize = wanted.size, .memoryTypeIndex = uint32_t(best)});
  made.buffer.bindMemory(*made.memory, 0);
  made.start = vulkan_.getBufferAddress({.buffer = *made.buffer});
  const auto visible =
      vk::MemoryPropertyFlagBits::eHostVisible | vk::MemoryPropertyFlagBits::eHostCoherent;
  // On a GPU the host reads mapped device memory slower than it copies it, so only staging buffers
  // are mapped there.
  if ((memory_.memoryTypes[best].propertyFlags & visible) == visible &&
      (is_cpu_ || (needed & visible)))
    made.mapped = static_cast<char*>(made.memory.mapMemory(0, VK_WHOLE_SIZE));
  return made;
}

void* VulkanSubstrate::allocate(int64_t bytes) {
  const uint64_t size = (std::max<uint64_t>(bytes, 4) + 3) / 4 * 4 + kAlignment;
  const auto refuse = [&](const std::string& why) {
    throw OutOfMemory(fmt::format("{}: no memory for {} bytes ({})", device_.name, bytes, why));
  };
  if (size > largest_heap_) refuse(fmt::format("the device has {}", largest_heap_));
  if (is_cpu_ &&
      allocated_ + size > uint64_t(device_.memory_bytes))  // else the process is killed later
    refuse(fmt::format("{} of {} are in use", allocated_, device_.memory_bytes));
  try {
    Allocation made = make(size, vk::MemoryPropertyFlagBits::eDeviceLocal, {});
    const uint64_t address = (made.start + kAlignment - 1) / kAlignment * kAlignment;
    allocated_ += size;
    allocations_.emplace(address, std::move(made));
    instance_->check();
    return reinterpret_cast<void*>(address);
  } catch (const vk::OutOfDeviceMemoryError& error) {
    // Allocations beyond the documented maximum are tried; they may work.
    refuse(size <= largest_allocation_
               ? error.what()
               : fmt::format("{}; at most {} at once", error.what(), largest_allocation_));
  } catch (const vk::OutOfHostMemoryError& error) {
    refuse(error.what());
  }
  return nullptr;
}

void VulkanSubstrate::release(void* memory) noexcept {
  const auto found = allocations_.find(reinterpret_cast<uint64_t>(memory));
  if (found == allocations_.end()) return;
  allocated_ -= found->second.size;
  allocations_.erase(found);
}

VulkanSubstrate::Place VulkanSubstrate::find(const void* memory) const {
  const auto address = reinterpret_cast<uint64_t>(memory);
  auto found = allocations_.upper_bound(address);
  if (found == allocations_.begin() || address > (--found)->second.start + found->second.size)
    throw std::logic_error(fmt::format("{:#x} is no address of {}", address, device_.name));
  return {&found->second, address - found->second.start};
}

const VulkanSubstrate::Allocation& VulkanSubstrate::staging() {
  if (staging_.mapped == nullptr) {
    using enum vk::MemoryPropertyFlagBits;
    staging_ = make(kStagingBytes, eHostVisible | eHostCoherent, eHostCached);
  }
  return staging_;
}

double VulkanSubstrate::submit_and_wait(const vk::raii::CommandBuffer& commands) {
  const vk::CommandBuffer handle = *commands;
  const auto start = std::chrono::steady_clock::now();
  queue_.submit(vk::SubmitInfo{.commandBufferCount = 1, .pCommandBuffers = &handle}, *fence_);
  const auto result = vulkan_.waitForFences(*fence_, true, UINT64_MAX);
  const auto end = std::chrono::steady_clock::now();
  if (result != vk::Result::eSuccess)
    throw std::runtime_error(device_.name + ": waiting gave " + vk::to_string(result));
  vulkan_.resetFences(*fence_);
  instance_->check();
  return std::chrono::duration<double>(end - start).count();
}

void VulkanSubstrate::run(const std::function<void(const vk::raii::CommandBuffer&)>& work) {
  pool();
  const auto& commands = transfer_.front();
  commands.begin({.flags = vk::CommandBufferUsageFlagBits::eOneTimeSubmit});
  full_barrier(commands);
  work(commands);
  full_barrier(commands);
  commands.end();
  submit_and_wait(commands);
}

void VulkanSubstrate::write(void* to, const void* from, int64_t bytes) {
  if (bytes <= 0) return;
  const Place place = find(to);
  if (place.mapped() != nullptr && !always_stage_) {
    std::memcpy(place.mapped(), from, bytes);
    return;
  }
  const Allocation& stage = staging();
  for (uint64_t done = 0; done < uint64_t(bytes); done += kStagingBytes) {
    const uint64_t part = std::min(kStagingBytes, bytes - done);
    std::memcpy(stage.mapped, static_cast<const char*>(from) + done, part);
    run([&](const vk::raii::CommandBuffer& commands) {
      commands.copyBuffer(*stage.buffer, *place.allocation->buffer,
                          vk::BufferCopy{0, place.offset + done, part});
    });
  }
}

void VulkanSubstrate::read(void* to, const void* from, int64_t bytes) {
  if (bytes <= 0) return;
  const Place place = find(from);
  if (place.mapped() != nullptr && !always_stage_) {
    std::memcpy(to, place.mapped(), bytes);
    return;
  }
  const Allocation& stage = staging();
  for (uint64_t done = 0; done < uint64_t(bytes); done += kStagingBytes) {
    const uint64_t part = std::min(kStagingBytes, bytes - done);
    run([&](const vk::raii::CommandBuffer& commands) {
      commands.copyBuffer(*place.allocation->buffer, *stage.buffer,
                          vk::BufferCopy{place.offset + done, 0, part});
    });
    std::memcpy(static_cast<char*>(to) + done, stage.mapped, part);
  }
}

void VulkanSubstrate::fill(void* to, uint8_t byte, int64_t bytes) {
  if (bytes <= 0) return;
  const Place place = find(to);
  if (place.mapped() != nullptr && !always_stage_) {
    std::memset(place.mapped(), byte, bytes);
    return;
  }
  // The device fills whole words. The bytes before and after them are copied.
  const uint64_t head = std::min<uint64_t>((4 - place.offset % 4) % 4, bytes);
  const uint64_t middle = (bytes - head) / 4 * 4, tail = bytes - head - middle;
  const char few[4] = {char(byte), char(byte), char(byte), char(byte)};
  write(to, few, head);
  write(static_cast<char*>(to) + head + middle, few, tail);
  if (middle > 0)
    run([&](const vk::raii::CommandBuffer& commands) {
      commands.fillBuffer(*place.allocation->buffer, place.offset + head, middle,
                          byte * 0x01010101u);
    });
}

void VulkanSubstrate::copy(void* to, const void* from, int64_t bytes) {
  if (bytes <= 0) return;
  const Place target = find(to), source = find(from);
  run([&](const vk::raii::CommandBuffer& commands) {
    commands.copyBuffer(*source.allocation->buffer, *target.allocation->buffer,
                        vk::BufferCopy{source.offset, target.offset, uint64_t(bytes)});
  });
}

std::unique_ptr<Recording> VulkanSubstrate::record(const std::function<void(Stream)>& work) {
  return std::make_unique<VulkanRecording>(*this, work);
}

NativeDevice VulkanSubstrate::native() const {
  const auto raw = [](auto handle) { return reinterpret_cast<void*>(handle); };
  return {.instance = raw(static_cast<VkInstance>(*instance_->get())),
          .physical_device = raw(static_cast<VkPhysicalDevice>(*physical_)),
          .device = raw(static_cast<VkDevice>(*vulkan_)),
          .get_instance_proc_addr = raw(instance_->get().getDispatcher()->vkGetInstanceProcAddr)};
}

const std::vector<std::unique_ptr<Substrate>>& vulkan_substrates() {
  // Plans of modules may outlive every static.
  static const auto& substrates = *new auto([] {
    const auto instance = std::make_shared<VulkanInstance>();
    std::vector<std::unique_ptr<Substrate>> found;
    std::string why_not = "no Vulkan device";
    for (const auto& physical : vk::raii::PhysicalDevices(instance->get())) {
      why_not = vulkan_why_not(physical);
      if (why_not.empty()) found.push_back(std::make_unique<VulkanSubstrate>(instance, physical));
    }
    if (found.empty()) throw std::runtime_error(why_not);
    return found;
  }());
  return substrates;
}

}  // namespace poolbench
