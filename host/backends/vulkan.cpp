#include "host/backends/vulkan.h"

#include <fmt/format.h>

#include "host/backends/backends.h"
#include "host/backends/vulkan_spirv.h"
#include "host/lower.h"
#include "host/refusal.h"
#include "kernels/vulkan/linear_constants.h"
#include "kernels/vulkan/push.h"

namespace poolbench {
namespace {

constexpr int64_t kLongestGrid = 65535;  // workgroups on an axis; every device allows as many
// Mesa's software driver silently ends an invocation's loops after 65,535 iterations of all of them
// together (LP_MAX_TGSI_LOOP_ITERATIONS). Roots and joins take a few.
constexpr int64_t kSoftwareLoops = 65'000;
// Invocations that keep a device busy: 132 multiprocessors of 2048 threads on a GPU (predicted, not
// tuned), a few vectors on a processor.
constexpr int64_t kEnoughForGpu = 1 << 18, kEnoughForCpu = 1 << 5;
// Invocations of a pass that reads more than it writes, at least. They fill a large GPU.
constexpr int64_t kReaders = 1 << 18;

// The device's functions. Newer headers have another name for the type.
using Calls =
    std::remove_cvref_t<decltype(*std::declval<const vk::raii::Device&>().getDispatcher())>;

std::vector<uint32_t> values_of(const vulkan::Dispatch& dispatch) {
  std::vector<uint32_t> values;
  for (const vulkan::Constant& constant : dispatch.constants) values.push_back(constant.value);
  return values;
}

}  // namespace

// Pipelines with their arguments. Arguments and tables stand in one buffer, written once; the
// tensors' addresses are push constants.
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
        step.push.extents[i] = fast_divisor(dispatch.extents[i]);
      steps_.push_back(step);
    }
  }

  std::string_view kernel() const override { return kernel_; }
  int64_t scratch_bytes() const override { return scratch_bytes_; }

  void launch(const Tensors& tensors, Stream stream) override {
    const vk::CommandBuffer commands(static_cast<VkCommandBuffer>(stream));
    for (const Step& step : steps_) {
      vulkan::Push push = step.push;
      push.src = address(tensors[Role::kSrc]);
      push.dst = address(tensors[Role::kDst]);
      push.indices = address(tensors[Role::kIndices]);
      push.scratch = address(tensors[Role::kScratch]);
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

VulkanBackend::VulkanBackend(std::string name, std::unique_ptr<VulkanSubstrate> substrate,
                             std::span<const vulkan::Shader> shaders)
    : name_(std::move(name)),
      substrate_(std::move(substrate)),
      shaders_(shaders),
      cache_(*substrate_) {
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
  if (const int64_t group = dispatch.group(),
      has = std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
      group > has)
    return fmt::format("room for {} invocations in a workgroup (has {})", group, has);
  if (const int64_t has = limits.maxComputeSharedMemorySize; dispatch.shared_bytes > has)
    return fmt::format("room for {} bytes in shared memory (has {})", dispatch.shared_bytes, has);
  if (substrate_->is_cpu() && dispatch.iterations > kSoftwareLoops)
    return fmt::format("loops as long as such a window needs (about {} iterations, at most {})",
                       dispatch.iterations, kSoftwareLoops);
  return missing_feature(words(dispatch.shader), substrate_->features());
}

int64_t VulkanBackend::enough() const {
  return substrate_->is_cpu() ? kEnoughForCpu : kEnoughForGpu;
}

VulkanBackend::Choice VulkanBackend::choose(const Shapes& shapes, std::string_view name) const {
  std::string why_not = fmt::format("{} has no kernel '{}'", name_, name);
  for (const vulkan::Kernel& kernel : vulkan::kernels()) {
    if (!name.empty() && name != kernel.name) continue;
    if (const Refusal refusal = kernel.why_not(shapes)) {
      why_not =
          fmt::format("{}.{}: {}", name_, kernel.name, refusal_text(kernel.takes, refusal, shapes));
      continue;
    }
    std::string lacks;
    for (const vulkan::Dispatch& dispatch : kernel.work(shapes, enough()).dispatches)
      if (lacks.empty()) lacks = missing(dispatch);
    if (lacks.empty()) return {&kernel, {}};
    why_not = fmt::format("{}.{}: {}: {} lacks {}", name_, kernel.name,
                          parameter_name(Parameter::kDevice), substrate_->device().name, lacks);
  }
  return {nullptr, why_not};
}

Support VulkanBackend::supports(const Problem& problem, std::string_view kernel) const {
  return {choose(lower_for_kernels(problem), kernel).why_not};
}

std::span<const uint32_t> VulkanBackend::words(std::string_view name) const {
  return shader_words(shaders_, name);
}

vk::Pipeline VulkanBackend::pipeline(const vulkan::Dispatch& dispatch) {
  std::vector<uint32_t> values = values_of(dispatch);
  const auto found = pipelines_.find({dispatch.shader, values});
  if (found != pipelines_.end()) return *found->second;
  return *pipelines_.emplace(std::pair{dispatch.shader, std::move(values)}, compile(dispatch, {}))
              .first->second;
}

vk::raii::Pipeline VulkanBackend::compile(const vulkan::Dispatch& dispatch,
                                          vk::PipelineCreateFlags flags) const {
  const std::vector<uint32_t> values = values_of(dispatch);
  std::vector<vk::SpecializationMapEntry> entries;
  for (const vulkan::Constant& constant : dispatch.constants)
    entries.push_back({.constantID = constant.id,
                       .offset = uint32_t(entries.size() * sizeof(uint32_t)),
                       .size = sizeof(uint32_t)});
  if (const std::string wrong = wrong_constant(words(dispatch.shader), dispatch.constants);
      !wrong.empty())
    throw std::logic_error(fmt::format("shader {}: {}", dispatch.shader, wrong));
  const auto controlled = with_float_controls(words(dispatch.shader), substrate_->features());
  const vk::raii::ShaderModule module(
      substrate_->vulkan(),
      {.codeSize = controlled.size() * sizeof(uint32_t), .pCode = controlled.data()});
  const vk::SpecializationInfo constants{.mapEntryCount = uint32_t(entries.size()),
                                         .pMapEntries = entries.data(),
                                         .dataSize = values.size() * sizeof(uint32_t),
                                         .pData = values.data()};
  const vk::ComputePipelineCreateInfo info{.flags = flags,
                                           .stage = {.stage = vk::ShaderStageFlagBits::eCompute,
                                                     .module = *module,
                                                     .pName = "main",
                                                     .pSpecializationInfo = &constants},
                                           .layout = *layout_};
  vk::raii::Pipeline made = nullptr;
  try {
    made = vk::raii::Pipeline(substrate_->vulkan(), cache_.get(), info);
  } catch (const vk::SystemError& error) {
    throw std::runtime_error(fmt::format("{} makes no pipeline of shader {}: {}",
                                         substrate_->device().name, dispatch.shader, error.what()));
  }
  substrate_->instance().check();
  return made;
}

std::vector<VulkanBackend::Statistics> VulkanBackend::statistics(const Problem& problem,
                                                                 std::string_view name) {
  const Shapes args = lower_for_kernels(problem);
  const auto [kernel, why_not] = choose(args, name);
  if (kernel == nullptr) throw Refused(why_not);
  std::vector<Statistics> all;
  if (!substrate_->has_statistics()) return all;
  const auto number = [](const vk::PipelineExecutableStatisticKHR& statistic) {
    switch (statistic.format) {
      case vk::PipelineExecutableStatisticFormatKHR::eBool32:
        return double(statistic.value.b32);
      case vk::PipelineExecutableStatisticFormatKHR::eInt64:
        return double(statistic.value.i64);
      case vk::PipelineExecutableStatisticFormatKHR::eUint64:
        return double(statistic.value.u64);
      case vk::PipelineExecutableStatisticFormatKHR::eFloat64:
        return statistic.value.f64;
    }
    return 0.0;
  };
  const vk::raii::Device& device = substrate_->vulkan();
  for (const vulkan::Dispatch& dispatch : kernel->work(args, enough()).dispatches) {
    const vk::raii::Pipeline made =
        compile(dispatch, vk::PipelineCreateFlagBits::eCaptureStatisticsKHR);
    Statistics& of = all.emplace_back(Statistics{std::string(dispatch.shader), {}});
    const auto executables = device.getPipelineExecutablePropertiesKHR({.pipeline = *made});
    for (uint32_t i = 0; i < executables.size(); ++i)
      for (const vk::PipelineExecutableStatisticKHR& statistic :
           device.getPipelineExecutableStatisticsKHR({.pipeline = *made, .executableIndex = i}))
        of.values.emplace_back(statistic.name.data(), number(statistic));
  }
  return all;
}

std::unique_ptr<Plan> VulkanBackend::make(const Problem& problem, std::string_view name,
                                          bool idle) {
  const Shapes args = lower_for_kernels(problem);
  const auto [kernel, why_not] = choose(args, name);
  if (kernel == nullptr) throw Refused(why_not);
  vulkan::Work work = kernel->work(args, enough());
  if (idle)
    for (vulkan::Dispatch& dispatch : work.dispatches) dispatch = vulkan::idle(dispatch);
  return std::make_unique<VulkanPlan>(*this, kernel->name, work, args, window_tables(problem));
}

std::unique_ptr<Plan> VulkanBackend::plan(const Problem& problem, std::string_view kernel) {
  return make(problem, kernel, false);
}

std::unique_ptr<Plan> VulkanBackend::floor(const Problem& problem, std::string_view kernel) {
  return make(problem, kernel, true);
}

std::vector<std::unique_ptr<Plan>> VulkanBackend::linear_passes(int64_t bytes_read,
                                                                int64_t bytes_written) {
  const int64_t reads = ceil_div(bytes_read, vulkan::kUnitBytes),
                writes = ceil_div(bytes_written, vulkan::kUnitBytes);
  std::vector<std::unique_ptr<Plan>> plans;
  const auto add = [&](const char* name, int64_t walkers, bool drop) {
    Shapes args{};
    args.n = reads;
    args.c = writes;
    args.divisor = walkers;
    plans.push_back(std::make_unique<VulkanPlan>(
        *this, name, vulkan::Work{{vulkan::linear_pass(walkers, drop)}}, args, Tables{}));
  };
  const int64_t units = std::max(reads, writes);
  add("copy", units, false);
  add("read", std::min(kReaders, units), true);
  add("reduce", std::max(writes, std::min(kReaders, units)), false);
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
