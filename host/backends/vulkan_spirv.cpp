#include "host/backends/vulkan_spirv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace poolbench {
namespace {

// An instruction's first word holds its length in words and its number. Those read here:
enum Op : uint32_t {
  kEntryPoint = 15,
  kExecutionMode = 16,
  kCapability = 17,
  kTypeInt = 21,
  kSpecConstantTrue = 48,
  kSpecConstantFalse = 49,
  kSpecConstant = 50,
  kDecorate = 71,
};
constexpr uint32_t kSpecId = 1;  // a decoration
constexpr size_t kHeaderWords = 5;
// Capabilities and modes, by their numbers in the SPIR-V specification.
constexpr uint32_t kFloat16 = 9, kFloat64 = 10;
constexpr uint32_t kStorageBuffer16BitAccess = 4433, kStorageBuffer8BitAccess = 4448;
constexpr uint32_t kPreserveDenormCapability = 4464, kPreserveDenormMode = 4459;
constexpr uint32_t kPreserveNanCapability = 4466, kPreserveNanMode = 4461;
constexpr uint32_t kRoundToEvenCapability = 4467, kRoundToEvenMode = 4462;

// Calls f(number, instruction's words) for each instruction.
template <class F>
void for_each_instruction(std::span<const uint32_t> words, F&& f) {
  for (size_t at = kHeaderWords; at < words.size(); at += words[at] >> 16)
    f(words[at] & 0xffff, words.subspan(at, words[at] >> 16));
}

}  // namespace

std::span<const uint32_t> shader_words(std::span<const vulkan::Shader> shaders,
                                       std::string_view name) {
  for (const vulkan::Shader& shader : shaders)
    if (name == shader.name) return shader.words;
  throw std::logic_error("no shader " + std::string(name));
}

std::string wrong_constant(std::span<const uint32_t> words,
                           std::span<const vulkan::Constant> constants) {
  const auto name = [&](uint32_t id) {
    for (const vulkan::Constant& constant : constants)
      if (constant.id == id) return std::string(constant.name);
    return fmt::format("constant {}, which is in no list,", id);
  };
  std::map<uint32_t, uint32_t> ids;  // of the results that are specialization constants
  std::set<uint32_t> integers;       // types: 32 bits, of either sign
  std::string wrong;
  for_each_instruction(words, [&](uint32_t op, std::span<const uint32_t> instruction) {
    if (op == kDecorate && instruction[2] == kSpecId) ids[instruction[1]] = instruction[3];
    if (op == kTypeInt && instruction[2] == 32) integers.insert(instruction[1]);
    if (op != kSpecConstant && op != kSpecConstantTrue && op != kSpecConstantFalse) return;
    const auto found = ids.find(instruction[2]);
    if (found == ids.end() || !wrong.empty()) return;
    const uint32_t id = found->second;
    if (op != kSpecConstant || !integers.contains(instruction[1]))
      wrong = fmt::format("{} ({}) is no 32-bit integer", name(id), id);
    else if (instruction[3] != id)
      wrong = fmt::format("{} ({}) stands where {} ({}) should", name(id), id, name(instruction[3]),
                          instruction[3]);
    else if (std::ranges::none_of(constants, [&](const auto& c) { return c.id == id; }))
      wrong = name(id) + " is in the shader";
  });
  return wrong;
}

std::string missing_feature(std::span<const uint32_t> words, const VulkanFeatures& features) {
  std::string missing;
  for_each_instruction(words, [&](uint32_t op, std::span<const uint32_t> instruction) {
    if (op != kCapability) return;
    const uint32_t needed = instruction[1];
    if (needed == kFloat16 && !features.float16) missing = "exact f16 conversion (shaderFloat16)";
    if (needed == kFloat64 && !features.float64) missing = "f64 arithmetic (shaderFloat64)";
    if (needed == kStorageBuffer16BitAccess && !features.storage16)
      missing = "16-bit elements (storageBuffer16BitAccess)";
    if (needed == kStorageBuffer8BitAccess && !features.storage8)
      missing = "8-bit elements (storageBuffer8BitAccess)";
  });
  return missing;
}

std::vector<uint32_t> with_float_controls(std::span<const uint32_t> words,
                                          const VulkanFeatures& features) {
  const auto& has = features.float_controls;
  using enum vk::ShaderFloatControlsIndependence;
  const bool rounding = has.roundingModeIndependence != eNone;
  uint32_t entry_point = 0;
  std::ptrdiff_t modes_at = 0;
  bool float16 = false, float64 = false;
  for_each_instruction(words, [&](uint32_t op, std::span<const uint32_t> instruction) {
    if (op == kCapability) float16 |= instruction[1] == kFloat16;
    if (op == kCapability) float64 |= instruction[1] == kFloat64;
    if (op != kEntryPoint) return;
    entry_point = instruction[2];
    modes_at = instruction.data() + instruction.size() - words.data();
  });
  std::vector<uint32_t> capabilities, modes;
  const auto ask = [&](uint32_t capability, uint32_t mode, bool f16, bool f32, bool f64) {
    const struct {
      uint32_t width;
      bool wanted;
    } widths[] = {{16, f16 && float16}, {32, f32}, {64, f64 && float64}};
    bool asked = false;
    for (const auto& [width, wanted] : widths) {
      if (!wanted) continue;
      if (!asked) capabilities.insert(capabilities.end(), {2 << 16 | kCapability, capability});
      modes.insert(modes.end(), {4 << 16 | kExecutionMode, entry_point, mode, width});
      asked = true;
    }
  };
  // Of f16 alone, or where the widths cannot be told apart of f32 as well.
  const bool subnormals = float16 && has.shaderDenormPreserveFloat16;
  ask(kPreserveDenormCapability, kPreserveDenormMode, subnormals,
      subnormals && has.shaderDenormPreserveFloat32 && has.denormBehaviorIndependence == eNone,
      false);
  ask(kPreserveNanCapability, kPreserveNanMode, has.shaderSignedZeroInfNanPreserveFloat16,
      has.shaderSignedZeroInfNanPreserveFloat32, has.shaderSignedZeroInfNanPreserveFloat64);
  ask(kRoundToEvenCapability, kRoundToEvenMode, rounding && has.shaderRoundingModeRTEFloat16,
      rounding && has.shaderRoundingModeRTEFloat32, rounding && has.shaderRoundingModeRTEFloat64);
  std::vector<uint32_t> controlled(words.begin(), words.end());
  controlled.insert(controlled.begin() + modes_at, modes.begin(), modes.end());
  controlled.insert(controlled.begin() + kHeaderWords, capabilities.begin(), capabilities.end());
  return controlled;
}

}  // namespace poolbench
