// The embedded shaders without a device: which of them kernels ask for, the names of their
// specialization constants, what they need of a device and what they are given by it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "host/backends/vulkan.h"
#include "host/backends/vulkan_spirv.h"
#include "host/lower.h"
#include "host/refusal.h"
#include "kernels/types.h"
#include "kernels/vulkan/kernels.h"

namespace poolbench {
namespace {

std::span<const uint32_t> words_of(std::string_view name) {
  return shader_words(vulkan::shaders(), name);
}

// Problems of each windowing and layout that between them reach every kernel.
constexpr const char* kProblems[] = {
    "max/sliding/src:2x16x30x32/k:3x3/s:2x2/p:1x1",
    "max/sliding/src:2x16x30x32/k:3x3/s:1x1/p:1x1/idx",
    "max/sliding/src:1x2x70x83/k:13x13/s:1x1/p:6x6",
    "max/sliding/src:1x3x5x7x9/k:2x2x3/d:1x2x1/idx",
    "avg_exclude_pad/sliding/src:2x16x31x64/k:3x3/s:1x1/p:1x1",
    "avg_include_pad/sliding/src:1x16x31x33/k:5x5/s:1x1/p:2x2/div:-6",
    "lp/sliding/src:2x16x31x64/k:3x3/s:1x1/p:1x1/norm:2",
    "lp/sliding/src:2x16x31x64/k:5x5/s:1x1/p:1x1/norm:3/mean",
    "max/adaptive/src:1x16x90x95/out:7x13/idx",
    "avg_include_pad/adaptive/src:1x16x90x95/out:7x13",
    "max/fractional/src:2x3x9x11/k:2x3/out:4x5/seed:3/idx",
    "max/global/src:1x48x70x70",
    "max/global/src:1x3x1200x1200",
    "max/global/src:1x48x70x70/idx",
    "max/global/src:1x3x1200x1200/idx",
    "avg_include_pad/global/src:1x48x70x70",
    "avg_include_pad/global/src:1x3x1200x1200",
    "lp/global/src:1x48x70x70/norm:2",
    "lp/global/src:1x3x1200x1200/norm:2",
    "min/sliding/src:2x16x30x32/k:3x3/s:2x2/p:1x1",
    "min/sliding/src:2x16x30x32/k:3x3/s:1x1/p:1x1/idx",
    "min/sliding/src:1x2x70x83/k:13x13/s:1x1/p:6x6",
    "min/sliding/src:1x3x5x7x9/k:2x2x3/d:1x2x1/idx",
    "min/adaptive/src:1x16x90x95/out:7x13/idx",
    "min/fractional/src:2x3x9x11/k:2x3/out:4x5/seed:3/idx",
    "min/global/src:1x48x70x70",
    "min/global/src:1x3x1200x1200",
    "min/global/src:1x48x70x70/idx",
    "min/global/src:1x3x1200x1200/idx",
};

// Calls f(kernel, shapes) for each of them, in every type and layout, with each kernel.
template <class F>
void for_all_kernels(F&& f) {
  for (const char* text : kProblems)
    for (const TypeFacts& type : kTypes)
      for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
        if (!type.has_sums() && *text != 'm') continue;
        const Shapes shapes = lower_for_kernels(parse_problem(text, {type.dtype, layout}));
        for (const vulkan::Kernel& kernel : vulkan::kernels()) f(kernel, shapes);
      }
}

// A type that kernels/types.h has and CMakeLists.txt does not, or a constant that is in no list.
TEST(VulkanShaders, are_there_for_what_kernels_take) {
  std::set<std::string> seen;
  for_all_kernels([&](const vulkan::Kernel& kernel, const Shapes& shapes) {
    if (kernel.why_not(shapes)) return;
    for (const int64_t enough : {int64_t{1}, int64_t{1} << 18})
      for (const vulkan::Dispatch& dispatch : kernel.work(shapes, enough).dispatches) {
        EXPECT_EQ(wrong_constant(words_of(dispatch.shader), dispatch.constants), "")
            << dispatch.shader;
        seen.insert(dispatch.shader);
      }
  });
  seen.insert({"linear", "idle"});  // of ceilings and floors
  for (const vulkan::Shader& shader : vulkan::shaders())
    EXPECT_TRUE(seen.contains(shader.name)) << shader.name << " was not asked for";
}

TEST(VulkanShaders, a_type_or_reduction_of_tomorrow_is_refused_by_name) {
  for (const vulkan::Kernel& kernel : vulkan::kernels())
    for (const char* text : kProblems) {
      Shapes shapes = lower_for_kernels(parse_problem(text, {DType::kF32, Layout::kChannelsFirst}));
      shapes.reduction = 30;
      EXPECT_EQ(kernel.why_not(shapes).parameter, Parameter::kReduction) << kernel.name;
      shapes = lower_for_kernels(parse_problem(text, {DType::kF32, Layout::kChannelsFirst}));
      shapes.dtype = kTypeCount;
      const Refusal refusal = kernel.why_not(shapes);
      EXPECT_TRUE(refusal.parameter == Parameter::kType ||
                  refusal.parameter == Parameter::kWindowing)
          << kernel.name;
      EXPECT_TRUE(refusal) << kernel.name;
    }
}

// Every refusal prints its parameter first.
TEST(VulkanShaders, refusals_have_a_parameter_and_a_text) {
  for_all_kernels([&](const vulkan::Kernel& kernel, const Shapes& shapes) {
    const Refusal refusal = kernel.why_not(shapes);
    if (!refusal) return;
    const std::string text = refusal_text(kernel.takes, refusal, shapes);
    EXPECT_EQ(text.find(parameter_name(refusal.parameter)), 0u) << text;
    EXPECT_EQ(text.find("is refused"), std::string::npos) << text;
  });
}

// Words of SPIR-V with each specialization constant's id where it stands.
struct Decorated {
  std::vector<uint32_t> words;
  std::vector<size_t> ids;

  explicit Decorated(std::span<const uint32_t> given) : words(given.begin(), given.end()) {
    constexpr uint32_t kDecorate = 71, kSpecId = 1;
    for (size_t at = 5; at < words.size(); at += words[at] >> 16)
      if ((words[at] & 0xffff) == kDecorate && words[at + 2] == kSpecId) ids.push_back(at + 3);
  }
};

vulkan::Dispatch dispatch_of(const char* kernel_name, const char* text) {
  for (const vulkan::Kernel& kernel : vulkan::kernels())
    if (kernel.name == std::string_view(kernel_name))
      return kernel.work(lower_for_kernels(parse_problem(text)), 1).dispatches.front();
  throw std::logic_error("no such kernel");
}
const char* name_of(const vulkan::Dispatch& dispatch, uint32_t id) {
  for (const vulkan::Constant& constant : dispatch.constants)
    if (constant.id == id) return constant.name;
  return "?";
}

constexpr struct {
  const char *kernel, *problem;
} kDispatches[] = {
    {"strip", "avg_exclude_pad/sliding/f16/nchw/src:2x16x31x64/k:3x3/s:1x1/p:1x1"},
    {"staged", "max/sliding/f32/nchw/src:1x2x70x83/k:13x13/s:1x1/p:6x6/idx"},
    {"vector", "max/sliding/i8/nhwc/src:2x16x31x64/k:3x3/s:1x1/p:1x1"},
    {"sliding", "lp/sliding/f32/nchw/src:2x3x9x10/k:3x2/norm:3"},
    {"reduce", "lp/global/bf16/nhwc/src:2x16x9x10/norm:3"},
    {"table", "lp/sliding/f64/nchw/src:2x3x9x10/k:3x2/norm:3"},
};

TEST(VulkanConstants, any_two_that_are_swapped_are_found_by_name) {
  for (const auto& [kernel, problem] : kDispatches) {
    const vulkan::Dispatch dispatch = dispatch_of(kernel, problem);
    Decorated shader(words_of(dispatch.shader));
    ASSERT_GE(shader.ids.size(), 3u) << kernel;
    EXPECT_EQ(wrong_constant(shader.words, dispatch.constants), "");
    for (const size_t a : shader.ids)
      for (const size_t b : shader.ids) {
        if (a == b) continue;
        std::swap(shader.words[a], shader.words[b]);
        const std::string wrong = wrong_constant(shader.words, dispatch.constants);
        for (const size_t id : {a, b})
          EXPECT_NE(wrong.find(name_of(dispatch, shader.words[id])), std::string::npos)
              << kernel << ": " << wrong;
        std::swap(shader.words[a], shader.words[b]);
      }
  }
}

TEST(VulkanConstants, one_that_no_list_has_is_found) {
  const vulkan::Dispatch dispatch = dispatch_of(kDispatches[0].kernel, kDispatches[0].problem);
  const auto words = words_of(dispatch.shader);
  auto shorter = dispatch.constants;
  shorter.pop_back();
  EXPECT_EQ(wrong_constant(words, shorter),
            fmt::format("constant {}, which is in no list, is in the shader",
                        dispatch.constants.back().id));
}

TEST(VulkanConstants, one_of_another_type_is_found) {
  constexpr uint32_t kDecorate = 71, kSpecId = 1, kTypeBool = 20, kSpecConstantTrue = 48;
  const std::vector<uint32_t> words = {0x07230203,
                                       0x10500,
                                       0,
                                       9,
                                       0,  // the header
                                       4 << 16 | kDecorate,
                                       7,
                                       kSpecId,
                                       3,
                                       2 << 16 | kTypeBool,
                                       6,
                                       3 << 16 | kSpecConstantTrue,
                                       6,
                                       7};
  const std::vector<vulkan::Constant> list = {{3, "kClip", 0}};
  EXPECT_EQ(wrong_constant(words, list), "kClip (3) is no 32-bit integer");
}

// A backend that is given such a shader makes no plan of it.
TEST(VulkanConstants, plans_refuse_a_shader_with_two_swapped) {
  std::unique_ptr<VulkanSubstrate> substrate;
  try {
    const auto instance = std::make_shared<VulkanInstance>();
    for (const auto& physical : vk::raii::PhysicalDevices(instance->get()))
      if (vulkan_why_not(physical).empty())
        substrate = std::make_unique<VulkanSubstrate>(instance, physical);
  } catch (const std::runtime_error&) {
  }
  if (substrate == nullptr) GTEST_SKIP() << "no Vulkan device";
  const auto& [kernel, text] = kDispatches[1];
  const std::string name = dispatch_of(kernel, text).shader;
  Decorated shuffled(words_of(name));
  std::swap(shuffled.words[shuffled.ids[3]], shuffled.words[shuffled.ids[4]]);
  const std::vector<vulkan::Shader> shaders = {{name.c_str(), shuffled.words}};
  VulkanBackend backend("vulkan:0", std::move(substrate), shaders);
  const auto problem = parse_problem(text);
  ASSERT_EQ(backend.supports(problem, kernel).why_not, "");
  try {
    backend.plan(problem, kernel);
    ADD_FAILURE() << "planned with two constants swapped";
  } catch (const std::logic_error& error) {
    EXPECT_NE(std::string(error.what()).find(" stands where k"), std::string::npos) << error.what();
  }
}

TEST(VulkanFeatures, decide_which_types_are_taken) {
  const auto missing = [](const char* shader, const VulkanFeatures& features) {
    return missing_feature(words_of(shader), features);
  };
  // Max compares as integers, so f64 needs no f64 arithmetic.
  for (const char* shader : {"table.f64.max", "table.f64.max_index", "sliding.f32.average",
                             "reduce.f32.lp", "table.i32.max", "table.i64.min", "linear"})
    EXPECT_EQ(missing(shader, {}), "") << shader;
  for (const char* shader : {"table.f64.average", "sliding.f64.lp"}) {
    EXPECT_EQ(missing(shader, {}), "f64 arithmetic (shaderFloat64)");
    EXPECT_EQ(missing(shader, {.float64 = true}), "");
  }
  for (const char* shader : {"strip.f16.average", "vector.f16.lp"}) {
    EXPECT_EQ(missing(shader, {.storage16 = true}), "exact f16 conversion (shaderFloat16)");
    EXPECT_EQ(missing(shader, {.float16 = true, .storage16 = true}), "");
  }
  for (const char* shader :
       {"table.f16.max", "sliding.bf16.average", "reduce.bf16.lp", "staged.i16.max_index"}) {
    EXPECT_EQ(missing(shader, {}), "16-bit elements (storageBuffer16BitAccess)");
    EXPECT_EQ(missing(shader, {.storage16 = true}), "");
  }
  for (const char* shader : {"table.i8.max", "sliding.u8.average"}) {
    EXPECT_EQ(missing(shader, {}), "8-bit elements (storageBuffer8BitAccess)");
    EXPECT_EQ(missing(shader, {.storage8 = true}), "");
  }
  EXPECT_NE(missing("table.u8.lp", {.storage8 = true}), "");  // sums powers in f64
}

TEST(VulkanFeatures, are_asked_of_the_driver) {
  VulkanFeatures features{.float16 = true};
  const auto words = words_of("strip.f16.average"), other = words_of("strip.f32.average");
  const auto added = [&](std::span<const uint32_t> shader) {
    return with_float_controls(shader, features).size() - shader.size();
  };
  constexpr size_t kCapability = 2, kMode = 4;  // words of an instruction
  EXPECT_EQ(added(words), 0u);                  // promises nothing
  auto& controls = features.float_controls;
  controls.shaderDenormPreserveFloat16 = controls.shaderDenormPreserveFloat32 = true;
  controls.denormBehaviorIndependence = vk::ShaderFloatControlsIndependence::e32BitOnly;
  EXPECT_EQ(added(words), kCapability + kMode);
  EXPECT_EQ(added(other), 0u);
  controls.denormBehaviorIndependence = vk::ShaderFloatControlsIndependence::eNone;
  EXPECT_EQ(added(words), kCapability + 2 * kMode);
  controls = {.roundingModeIndependence = vk::ShaderFloatControlsIndependence::eAll,
              .shaderRoundingModeRTEFloat16 = true};  // f16 is converted to by the device
  EXPECT_EQ(added(words), kCapability + kMode);
  EXPECT_EQ(added(other), 0u);
}

}  // namespace
}  // namespace poolbench
