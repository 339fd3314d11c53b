#include "host/backends/vulkan.h"

#include <fmt/format.h>

#include "host/backends/backends.h"
#include "host/backends/vulkan_spirv.h"
#include "host/lower.h"
#include "kernels/vulkan/push.h"

namespace poolbench {
namespace {

constexpr int64_t kLongestGrid = 65535;  // on any axis; every device has as much
// Mesa's software driver ends an invocation's loops, without a word, after 65,535 iterations of all
// of them together (LP_MAX_TGSI_LOOP_ITERATIONS). A few stand in roots and joins.
constexpr int64_t kSoftwareLoops = 65'000;
// Invocations that keep a device busy: of a GPU 132 multiprocessors of 2048 threads (predicted to
// matter, not tuned), of a processor a few vectors.
constexpr int64_t kEnoughForGpu = 1 << 18, kEnoughForCpu = 1 << 5;
constexpr uint32_t kLinearGroup = 256;
// Invocations of the pass that only reads: enough to fill a large GPU.
constexpr int64_t kReaders = 1 << 18;
constexpr int64_t kUnit = 16;  // bytes of an access of linear.comp

vulkan::Extent extent(int64_t by) {
  vulkan::Extent made{.by = uint32_t(by), .factor = 0, .shift = 0};
  while ((int64_t{1} << made.shift) < by) ++made.shift;
  made.factor = uint32_t((((uint64_t{1} << made.shift) - uint64_t(by)) << 32) / uint64_t(by) + 1);
  return made;
}

// The device's functions; newer headers name the type otherwise.
using Calls =
    std::remove_cvref_t<decltype(*std::declval<const vk::raii::Device&>().getDispatcher())>;

}  // namespace

// Pipelines with their arguments. These and the tables stand in one buffer, written once; the
// tensors travel in push constants.
class VulkanPlan : public Plan {
 public:
  VulkanPlan(VulkanBackend& backend, std::string_view kernel, const vulkan::Work& work,
             const Shapes& shapes, const Tables& tables)
      : kernel_(kernel),
        calls_(*backend.substrate_->vulkan().getDispatcher()),
        layout_(*backend.layout_) {
    if (work.dispatches.front().groups == 0) return;  // an empty batch
    scratch_bytes_ = work.scratch_bytes;
    const auto table_bytes = int64_t(tables.windows.size() * sizeof(Window));
    PoolArgs args = without_memory(shapes);
    args_ = Buffer(*backend.substrate_, int64_t(sizeof(args)) + table_bytes);
    set_tables(args, tables, static_cast<const Window*>(args_.at(sizeof(args))));
    backend.substrate_->write(args_.at(), &args, sizeof(args));
    backend.substrate_->write(args_.at(sizeof(args)), tables.windows.data(), table_bytes);
    for (const vulkan::Dispatch& dispatch : work.dispatches) {
      Step step{backend.pipeline(dispatch), dispatch.groups, {}};
      step.push.pool_args = address(args_.at());
      for (size_t i = 0; i < dispatch.extents.size(); ++i)
        step.push.extents[i] = extent(dispatch.extents[i]);
      steps_.push_back(step);
    }
  }

  std::string_view kernel() const override { return kernel_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }

  void launch(const Tensors& tensors, Stream stream) override {
    const vk::CommandBuffer commands(static_cast<VkCommandBuffer>(stream));
    for (const Step& step : steps_) {
      vulkan::Push push = step.push;
      push.src = address(tensors.src);
      push.dst = address(tensors.dst);
      push.indices = address(tensors.indices);
      push.scratch = address(tensors.scratch);
      commands.bindPipeline(vk::PipelineBindPoint::eCompute, step.pipeline, calls_);
      commands.pushConstants<vulkan::Push>(layout_, vk::ShaderStageFlagBits::eCompute, 0, push,
                                           calls_);
      const int64_t lines = (step.groups + kLongestGrid - 1) / kLongestGrid;
      const int64_t length = std::min(step.groups, kLongestGrid);
      commands.dispatch(uint32_t(length), uint32_t(lines), 1, calls_);
      // The next dispatch sees what this one wrote, and starts after it.
      const vk::MemoryBarrier written{
          .srcAccessMask = vk::AccessFlagBits::eShaderWrite,
          .dstAccessMask = vk::AccessFlagBits::eShaderRead | vk::AccessFlagBits::eShaderWrite};
      commands.pipelineBarrier(vk::PipelineStageFlagBits::eComputeShader,
                               vk::PipelineStageFlagBits::eComputeShader, {}, written, {}, {},
                               calls_);
    }
  }

 private:
  struct Step {
    vk::Pipeline pipeline;
    int64_t groups;
    vulkan::Push push;  // but for the tensors
  };
  static uint64_t address(const void* memory) { return reinterpret_cast<uint64_t>(memory); }

  std::string_view kernel_;
  const Calls& calls_;
  vk::PipelineLayout layout_;
  Buffer args_;
  std::vector<Step> steps_;
  int64_t scratch_bytes_ = 0;
};

VulkanBackend::VulkanBackend(std::string name, std::unique_ptr<VulkanSubstrate> substrate)
    : name_(std::move(name)), substrate_(std::move(substrate)), cache_(*substrate_) {
  const vk::PushConstantRange range{.stageFlags = vk::ShaderStageFlagBits::eCompute,
                                    .size = sizeof(vulkan::Push)};
  layout_ = vk::raii::PipelineLayout(substrate_->vulkan(),
                                     {.pushConstantRangeCount = 1, .pPushConstantRanges = &range});
}

std::vector<KernelInfo> VulkanBackend::kernels() const {
  std::vector<KernelInfo> infos;
  for (const vulkan::Kernel& kernel : vulkan::kernels())
    infos.push_back({kernel.name, kernel.summary});
  return infos;
}

std::string VulkanBackend::missing(const vulkan::Dispatch& dispatch) const {
  const vk::PhysicalDeviceLimits& limits = substrate_->limits();
  if (dispatch.groups > kLongestGrid * kLongestGrid)
    return fmt::format("room for {} workgroups (at most 65,535^2)", dispatch.groups);
  if (const uint32_t group = dispatch.constants.front(),
      has = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
      group > has)
    return fmt::format("room for {} invocations in a workgroup (has {})", group, has);
  if (const int64_t has = limits.maxComputeSharedMemorySize; dispatch.shared_bytes > has)
    return fmt::format("room for {} bytes in shared memory (has {})", dispatch.shared_bytes, has);
  if (substrate_->is_cpu() && dispatch.iterations > kSoftwareLoops)
    return fmt::format("loops as long as such a window needs (about {} iterations, at most {})",
                       dispatch.iterations, kSoftwareLoops);
  return missing_feature(shader_words(dispatch.shader), substrate_->features());
}

int64_t VulkanBackend::enough() const {
  return substrate_->is_cpu() ? kEnoughForCpu : kEnoughForGpu;
}

VulkanBackend::Choice VulkanBackend::choose(const Shapes& args, std::string_view name) const {
  std::string why_not = fmt::format("{} has no kernel '{}'", name_, name);
  for (const vulkan::Kernel& kernel : vulkan::kernels()) {
    if (!name.empty() && name != kernel.name) continue;
    if (const char* reason = kernel.why_not == nullptr ? nullptr : kernel.why_not(args);
        reason != nullptr) {
      why_not = fmt::format("{}.{}: {}", name_, kernel.name, reason);
      continue;
    }
    std::string lacks;
    for (const vulkan::Dispatch& dispatch : kernel.work(args, enough()).dispatches)
      if (lacks.empty()) lacks = missing(dispatch);
    if (lacks.empty()) return {&kernel, {}};
    why_not =
        fmt::format("{}.{}: {} lacks {}", name_, kernel.name, substrate_->device().name, lacks);
  }
  return {nullptr, why_not};
}

Support VulkanBackend::supports(const Problem& problem, std::string_view kernel) const {
  return {choose(lower_for_kernels(problem), kernel).why_not};
}

vk::Pipeline VulkanBackend::pipeline(const vulkan::Dispatch& dispatch) {
  const auto found = pipelines_.find({dispatch.shader, dispatch.constants});
  if (found != pipelines_.end()) return *found->second;
  const auto words = with_float_controls(shader_words(dispatch.shader), substrate_->features());
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
  vk::raii::Pipeline made(substrate_->vulkan(), cache_.get(), info);
  substrate_->instance().check();
  return *pipelines_.emplace(std::pair{dispatch.shader, dispatch.constants}, std::move(made))
              .first->second;
}

std::unique_ptr<Plan> VulkanBackend::plan(const Problem& problem, std::string_view name) {
  const Shapes args = lower_for_kernels(problem);
  const auto [kernel, why_not] = choose(args, name);
  if (kernel == nullptr) throw Refused(why_not);
  return std::make_unique<VulkanPlan>(*this, kernel->name, kernel->work(args, enough()), args,
                                      window_tables(problem));
}

std::vector<std::unique_ptr<Plan>> VulkanBackend::linear_passes(int64_t bytes_read,
                                                                int64_t bytes_written) {
  std::vector<std::unique_ptr<Plan>> plans;
  const auto add = [&](const char* name, int64_t reads, int64_t writes, bool drop) {
    Shapes args{};
    args.n = reads;
    args.c = writes;
    plans.push_back(std::make_unique<VulkanPlan>(
        *this, name,
        vulkan::Work{{{.shader = "linear",
                       .constants = {kLinearGroup, uint32_t(drop)},
                       .groups = (writes + kLinearGroup - 1) / kLinearGroup}}},
        args, Tables{}));
  };
  const int64_t reads = bytes_read / kUnit, writes = bytes_written / kUnit;
  add("copy", (reads + writes) / 2, (reads + writes) / 2, false);
  add("read", reads + writes, std::min(kReaders, reads + writes), true);
  add("reduce", reads, writes, false);
  return plans;
}

std::vector<std::unique_ptr<Backend>> open_vulkan(const BackendOptions&) {
  const auto instance = std::make_shared<VulkanInstance>();
  std::vector<std::unique_ptr<Backend>> backends;
  std::string why_not = "no Vulkan device";
  int number = 0;
  for (const auto& physical : vk::raii::PhysicalDevices(instance->get())) {
    const std::string name = fmt::format("vulkan:{}", number++);
    why_not = vulkan_why_not(physical);
    if (why_not.empty())
      backends.push_back(std::make_unique<VulkanBackend>(
          name, std::make_unique<VulkanSubstrate>(instance, physical)));
  }
  if (backends.empty()) throw std::runtime_error(why_not);
  return backends;
}

}  // namespace poolbench
