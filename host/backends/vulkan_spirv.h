// What is read from SPIR-V and added to it before a driver gets it.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/substrates/vulkan.h"
#include "kernels/vulkan/constants.h"
#include "kernels/vulkan/shaders.h"

namespace poolbench {

// The shader of that name. Throws std::logic_error.
std::span<const uint32_t> shader_words(std::span<const vulkan::Shader> shaders,
                                       std::string_view name);

// Empty, or which specialization constant of the shader is not what the list says: another's
// place, another type, or in no list (kernels/vulkan/constants.h). Constants that a shader does not
// use are not in it.
std::string wrong_constant(std::span<const uint32_t> words,
                           std::span<const vulkan::Constant> constants);

// Empty, or what the shader needs and a device with these features lacks.
std::string missing_feature(std::span<const uint32_t> words, const VulkanFeatures& features);

// The shader with the execution modes added that the device has: NaN, infinities, the sign of zero
// and f16's subnormals are kept, sums and conversions round to nearest even.
std::vector<uint32_t> with_float_controls(std::span<const uint32_t> words,
                                          const VulkanFeatures& features);

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_SPIRV_H_
