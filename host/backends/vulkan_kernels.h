// The Vulkan family's ordered list of kernels: which problems each takes, and how it is launched.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_KERNELS_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_KERNELS_H_

#include <span>
#include <string>
#include <vector>

#include "kernels/pool_args.h"

namespace poolbench {

struct VulkanDispatch {
  std::string shader;                 // a name of kernels/vulkan/shaders.h
  std::vector<uint32_t> constants;    // specialization constant i; 0 is the workgroup's size
  int64_t groups = 0;                 // workgroups
  std::vector<int64_t> extents = {};  // of Push, at most 4 of at least 1
  int64_t shared_bytes = 0;           // of a workgroup's memory
  int64_t iterations = 0;             // of all loops of one invocation, at most
};

// What one launch does: dispatches one after the other, and the scratch memory between them.
struct VulkanWork {
  std::vector<VulkanDispatch> dispatches;
  int64_t scratch_bytes = 0;
};

struct VulkanKernel {
  const char* name;
  const char* summary;
  const char* (*why_not)(const Shapes&);  // null when it takes the problem; as in Kernel
  // Outputs share work inside an invocation as far as `enough` invocations are left.
  VulkanWork (*work)(const Shapes&, int64_t enough);
};

// Invocations in a workgroup, where they do not work together: a power of two that suits sub-groups
// of 4 to 128.
constexpr uint32_t kGroup = 128;

std::string shader_name(const char* source, const Shapes& args);  // for its type and reduction
uint32_t norm_constant(const Shapes& args);                       // kNorm of reductions.glsl

std::span<const VulkanKernel> vulkan_kernels();  // fastest first; the last takes everything

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_KERNELS_H_
