// One backend a Vulkan device: pipelines made of the embedded shaders, launched into command
// buffers.
#include "host/substrates/vulkan.h"

#include <fmt/format.h>

#include "host/backends/backends.h"
#include "host/backends/vulkan_kernels.h"
#include "host/lower.h"
#include "kernels/vulkan/push.h"
#include "kernels/vulkan/shaders.h"

namespace poolbench {
namespace {

constexpr uint32_t kLongestGrid = 65535;  // on any axis; every device has as much

const Shader* find_shader(std::string_view name) {
  for (const Shader& shader : shaders())
    if (name == shader.name) return &shader;
  return nullptr;
}

// A SPIR-V instruction's first word holds its length and its number. The ones met here:
enum Op : uint32_t { kEntryPoint = 15, kExecutionMode = 16, kCapability = 17 };
constexpr size_t kHeaderWords = 5;
// Capabilities and modes, by their numbers in the SPIR-V specification.
constexpr uint32_t kFloat64 = 10, kStorageBuffer16BitAccess = 4433, kStorageBuffer8BitAccess = 4448;
constexpr uint32_t kPreserveNanCapability = 4466, kPreserveNanMode = 4461;
constexpr uint32_t kRoundToEvenCapability = 4467, kRoundToEvenMode = 4462;

// Empty, or which capability of the shader's the device lacks.
std::string missing(const Shader& shader, const VulkanFeatures& features) {
  for (size_t at = kHeaderWords; (shader.words[at] & 0xffff) == kCapability; at += 2) {
    const uint32_t capability = shader.words[at + 1];
    if (capability == kFloat64 && !features.float64) return "f64 arithmetic (shaderFloat64)";
    if (capability == kStorageBuffer16BitAccess && !features.storage16)
      return "16-bit elements (storageBuffer16BitAccess)";
    if (capability == kStorageBuffer8BitAccess && !features.storage8)
      return "8-bit elements (storageBuffer8BitAccess)";
  }
  return {};
}

// The shader's words with what the device can promise about f32 and f64 asked for: that NaN,
// infinities and the sign of zero are kept, and that sums round to nearest even.
std::vector<uint32_t> with_float_controls(const Shader& shader, const VulkanFeatures& features) {
  const auto& has = features.float_controls;
  const bool rounding = has.roundingModeIndependence != vk::ShaderFloatControlsIndependence::eNone;
  std::vector<uint32_t> capabilities, modes;
  uint32_t entry_point = 0;
  size_t modes_at = 0;
  bool float64 = false;
  for (size_t at = kHeaderWords; at < shader.words.size(); at += shader.words[at] >> 16) {
    const uint32_t op = shader.words[at] & 0xffff;
    if (op == kCapability) float64 |= shader.words[at + 1] == kFloat64;
    if (op != kEntryPoint) continue;
    entry_point = shader.words[at + 2];
    modes_at = at + (shader.words[at] >> 16);
  }
  const auto ask = [&](uint32_t capability, uint32_t mode, bool f32, bool f64) {
    if (!f32 && !(f64 && float64)) return;
    capabilities.insert(capabilities.end(), {2 << 16 | kCapability, capability});
    if (f32) modes.insert(modes.end(), {4 << 16 | kExecutionMode, entry_point, mode, 32});
    if (f64 && float64)
      modes.insert(modes.end(), {4 << 16 | kExecutionMode, entry_point, mode, 64});
  };
  ask(kPreserveNanCapability, kPreserveNanMode, has.shaderSignedZeroInfNanPreserveFloat32,
      has.shaderSignedZeroInfNanPreserveFloat64);
  ask(kRoundToEvenCapability, kRoundToEvenMode, rounding && has.shaderRoundingModeRTEFloat32,
      rounding && has.shaderRoundingModeRTEFloat64);
  std::vector<uint32_t> words(shader.words.begin(), shader.words.end());
  words.insert(words.begin() + modes_at, modes.begin(), modes.end());
  words.insert(words.begin() + kHeaderWords, capabilities.begin(), capabilities.end());
  return words;
}

class VulkanBackend : public Backend {
 public:
  VulkanBackend(std::string name, std::unique_ptr<VulkanSubstrate> substrate)
      : name_(std::move(name)), substrate_(std::move(substrate)) {
    const vk::PushConstantRange range{.stageFlags = vk::ShaderStageFlagBits::eCompute,
                                      .size = sizeof(Push)};
    layout_ = vk::raii::PipelineLayout(
        substrate_->vulkan(), {.pushConstantRangeCount = 1, .pPushConstantRanges = &range});
  }

  std::string_view name() const override { return name_; }
  Substrate& substrate() const override { return *substrate_; }
  std::vector<KernelInfo> kernels() const override {
    std::vector<KernelInfo> infos;
    for (const VulkanKernel& kernel : vulkan_kernels())
      infos.push_back({kernel.name, kernel.summary});
    return infos;
  }
  Support supports(const PoolProblem& problem, std::string_view kernel) const override {
    return {choose(lower(problem), kernel).why_not};
  }
  std::unique_ptr<Plan> plan(const PoolProblem& problem, std::string_view kernel) override;

 private:
  friend class VulkanPlan;
  struct Choice {
    const VulkanKernel* kernel;
    std::string why_not;
  };
  Choice choose(const PoolArgs& args, std::string_view name) const;
  // Made once for each set of constants; kept as long as the backend.
  vk::Pipeline pipeline(const VulkanDispatch& dispatch);

  std::string name_;
  std::unique_ptr<VulkanSubstrate> substrate_;
  vk::raii::PipelineLayout layout_ = nullptr;
  std::map<std::pair<std::string, std::vector<uint32_t>>, vk::raii::Pipeline> pipelines_;
};

VulkanBackend::Choice VulkanBackend::choose(const PoolArgs& args, std::string_view name) const {
  std::string why_not = fmt::format("{} has no kernel '{}'", name_, name);
  for (const VulkanKernel& kernel : vulkan_kernels()) {
    if (!name.empty() && name != kernel.name) continue;
    const char* reason = kernel.why_not(args);
    if (reason != nullptr) {
      why_not = fmt::format("{}.{}: {}", name_, kernel.name, reason);
      continue;
    }
    const std::string lacks =
        missing(*find_shader(kernel.dispatch(args).shader), substrate_->features());
    if (lacks.empty()) return {&kernel, {}};
    why_not =
        fmt::format("{}.{}: {} lacks {}", name_, kernel.name, substrate_->device().name, lacks);
  }
  return {nullptr, why_not};
}

vk::Pipeline VulkanBackend::pipeline(const VulkanDispatch& dispatch) {
  const auto found = pipelines_.find({dispatch.shader, dispatch.constants});
  if (found != pipelines_.end()) return *found->second;
  const auto words = with_float_controls(*find_shader(dispatch.shader), substrate_->features());
  const vk::raii::ShaderModule module(
      substrate_->vulkan(), {.codeSize = words.size() * sizeof(uint32_t), .pCode = words.data()});
  std::vector<vk::SpecializationMapEntry> entries;
  for (uint32_t i = 0; i < dispatch.constants.size(); ++i)
    entries.push_back({.constantID = i, .offset = i * 4, .size = 4});
  const vk::SpecializationInfo constants{.mapEntryCount = uint32_t(entries.size()),
                                         .pMapEntries = entries.data(),
                                         .dataSize = entries.size() * 4,
                                         .pData = dispatch.constants.data()};
  const vk::ComputePipelineCreateInfo info{.stage = {.stage = vk::ShaderStageFlagBits::eCompute,
                                                     .module = *module,
                                                     .pName = "main",
                                                     .pSpecializationInfo = &constants},
                                           .layout = *layout_};
  vk::raii::Pipeline made(substrate_->vulkan(), nullptr, info);
  substrate_->instance().check();
  return *pipelines_.emplace(std::pair{dispatch.shader, dispatch.constants}, std::move(made))
              .first->second;
}

// The arguments and the tables stand in one buffer; the tensors travel in push constants.
class VulkanPlan : public Plan {
 public:
  VulkanPlan(VulkanBackend& backend, const VulkanKernel& kernel, const PoolProblem& problem)
      : kernel_(kernel),
        device_(*backend.substrate_->vulkan()),
        calls_(*backend.substrate_->vulkan().getDispatcher()),
        layout_(*backend.layout_) {
    PoolArgs args = lower(problem);
    const VulkanDispatch dispatch = kernel.dispatch(args);
    groups_ = dispatch.groups;
    if (groups_ == 0) return;  // an empty batch
    if (groups_ > UINT32_MAX) throw Refused(fmt::format("{} workgroups", groups_));
    pipeline_ = backend.pipeline(dispatch);
    const Tables tables = window_tables(problem);
    const auto table_bytes = int64_t(tables.windows.size() * sizeof(Window));
    args_ = Buffer(*backend.substrate_, int64_t(sizeof(PoolArgs)) + table_bytes);
    set_tables(args, tables, static_cast<const Window*>(args_.at(sizeof(PoolArgs))));
    backend.substrate_->write(args_.at(), &args, sizeof(args));
    backend.substrate_->write(args_.at(sizeof(args)), tables.windows.data(), table_bytes);
  }

  std::string_view kernel() const override { return kernel_.name; }

  void launch(const Tensors& tensors, Stream stream) override {
    if (groups_ == 0) return;
    const vk::CommandBuffer commands(static_cast<VkCommandBuffer>(stream));
    const auto address = [](const void* memory) { return reinterpret_cast<uint64_t>(memory); };
    const Push push = {address(args_.at()), address(tensors.src), address(tensors.dst),
                       address(tensors.indices), address(tensors.scratch)};
    commands.bindPipeline(vk::PipelineBindPoint::eCompute, pipeline_, calls_);
    commands.pushConstants<Push>(layout_, vk::ShaderStageFlagBits::eCompute, 0, push, calls_);
    const auto part = [](int64_t& rest) {
      const int64_t length = std::min<int64_t>(rest, kLongestGrid);
      rest = length == 0 ? 0 : (rest + length - 1) / length;
      return uint32_t(length);
    };
    int64_t rest = groups_;
    const uint32_t x = part(rest), y = part(rest), z = part(rest);
    commands.dispatch(x, y, z, calls_);
    // What follows, a launch or a copy, sees what was written: launches run one after another.
    const vk::MemoryBarrier written{
        .srcAccessMask = vk::AccessFlagBits::eShaderWrite,
        .dstAccessMask = vk::AccessFlagBits::eShaderRead | vk::AccessFlagBits::eShaderWrite};
    commands.pipelineBarrier(vk::PipelineStageFlagBits::eComputeShader,
                             vk::PipelineStageFlagBits::eComputeShader, {}, written, {}, {},
                             calls_);
  }

 private:
  const VulkanKernel& kernel_;
  vk::Device device_;
  const vk::raii::DeviceDispatcher& calls_;
  vk::PipelineLayout layout_;
  vk::Pipeline pipeline_;
  Buffer args_;
  int64_t groups_ = 0;
};

std::unique_ptr<Plan> VulkanBackend::plan(const PoolProblem& problem, std::string_view name) {
  const auto [kernel, why_not] = choose(lower(problem), name);
  if (kernel == nullptr) throw Refused(why_not);
  return std::make_unique<VulkanPlan>(*this, *kernel, problem);
}

}  // namespace

std::vector<std::unique_ptr<Backend>> open_vulkan(const BackendOptions&) {
  const auto instance = std::make_shared<VulkanInstance>();
  std::vector<std::unique_ptr<Backend>> backends;
  std::string why_not = "no Vulkan device";
  int number = -1;
  for (const auto& physical : vk::raii::PhysicalDevices(instance->get())) {
    const std::string name = fmt::format("vulkan:{}", ++number);
    if (const std::string reason = vulkan_why_not(physical); !reason.empty()) {
      why_not = reason;
      continue;
    }
    backends.push_back(std::make_unique<VulkanBackend>(
        name, std::make_unique<VulkanSubstrate>(instance, physical)));
  }
  if (backends.empty()) throw std::runtime_error(why_not);
  return backends;
}

}  // namespace poolbench
