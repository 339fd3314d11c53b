// The compiled shaders, embedded in the program.
#ifndef POOLBENCH_KERNELS_VULKAN_SHADERS_H_
#define POOLBENCH_KERNELS_VULKAN_SHADERS_H_

#include <cstdint>
#include <span>

namespace poolbench::vulkan {

struct Shader {
  const char* name;                 // "table.f16.max_index": source, type, reduction
  std::span<const uint32_t> words;  // SPIR-V 1.5
};

std::span<const Shader> shaders();

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_SHADERS_H_
