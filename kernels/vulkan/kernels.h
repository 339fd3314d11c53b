// The Vulkan family's ordered list of kernels: which problems each takes, and how it is launched.
#ifndef POOLBENCH_KERNELS_VULKAN_KERNELS_H_
#define POOLBENCH_KERNELS_VULKAN_KERNELS_H_

#include <span>
#include <string>
#include <vector>

#include "kernels/pool_args.h"

namespace poolbench::vulkan {

struct Dispatch {
  std::string shader;                 // a name of kernels/vulkan/shaders.h
  std::vector<uint32_t> constants;    // specialization constant i; 0 is the workgroup's size
  int64_t groups = 0;                 // workgroups
  std::vector<int64_t> extents = {};  // of Push, at most 4 of at least 1
  int64_t shared_bytes = 0;           // of a workgroup's memory
  int64_t iterations = 0;             // of all loops of one invocation, at most
};

// What one launch does: dispatches one after the other, and the scratch memory between them.
struct Work {
  std::vector<Dispatch> dispatches;
  int64_t scratch_bytes = 0;
};

struct Kernel {
  const char* name;
  const char* summary;
  const char* (*why_not)(const Shapes&);  // null when it takes the problem; as in Kernel
  // Outputs share work inside an invocation as far as `enough` invocations are left.
  Work (*work)(const Shapes&, int64_t enough);
};

// Invocations in a workgroup, where they do not work together: a power of two that suits sub-groups
// of 4 to 128.
constexpr uint32_t kGroup = 128;

std::string shader_name(const char* source, const Shapes& args);  // for its type and reduction
uint32_t norm_constant(const Shapes& args);                       // kNorm of reductions.glsl

// The kernels, each in its own file beside its shader.
const char* reduce_why_not(const Shapes& args);
const char* staged_why_not(const Shapes& args);
const char* strip_why_not(const Shapes& args);
const char* vector_why_not(const Shapes& args);
const char* sliding_why_not(const Shapes& args);
Work reduce_work(const Shapes& args, int64_t enough);
Work staged_work(const Shapes& args, int64_t enough);
Work strip_work(const Shapes& args, int64_t enough);
Work vector_work(const Shapes& args, int64_t enough);
Work sliding_work(const Shapes& args, int64_t enough);
Work table_work(const Shapes& args, int64_t enough);

std::span<const Kernel> kernels();  // fastest first; the last takes everything

}  // namespace poolbench::vulkan

#endif  // POOLBENCH_KERNELS_VULKAN_KERNELS_H_
