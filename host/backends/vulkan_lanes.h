// The kernels whose outputs share work, as VulkanKernel wants them. In a namespace of their own:
// CUDA's kernels have these names, too, and one program holds both.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_LANES_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_LANES_H_

#include "host/backends/vulkan_kernels.h"

namespace poolbench::vulkan {

const char* sliding_why_not(const Shapes& args);
const char* strip_why_not(const Shapes& args);
const char* vector_why_not(const Shapes& args);
const char* staged_why_not(const Shapes& args);
VulkanWork sliding_work(const Shapes& args, int64_t enough);
VulkanWork strip_work(const Shapes& args, int64_t enough);
VulkanWork vector_work(const Shapes& args, int64_t enough);
VulkanWork staged_work(const Shapes& args, int64_t enough);

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_LANES_H_
