// The little that is done with SPIR-V before a driver gets it.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/substrates/vulkan.h"

namespace poolbench {

// The embedded shader of that name. Throws std::logic_error.
std::span<const uint32_t> shader_words(std::string_view name);

// Empty, or what a device with these features lacks of what the shader declares that it needs.
std::string missing_feature(std::span<const uint32_t> words, const VulkanFeatures& features);

// The shader with what the device can promise about floats asked for: that NaN, infinities and the
// sign of zero are kept, f16's subnormals too, and that sums and conversions round to nearest even.
std::vector<uint32_t> with_float_controls(std::span<const uint32_t> words,
                                          const VulkanFeatures& features);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_
