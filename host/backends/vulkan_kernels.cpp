#include "host/backends/vulkan_kernels.h"

#include <fmt/format.h>

#include <cmath>

#include "host/problem.h"

namespace poolbench {
namespace {

constexpr uint32_t kTableGroup = 128;

int64_t ceil_divide(int64_t a, int64_t b) { return (a + b - 1) / b; }

int64_t dst_plane(const PoolArgs& args) {
  return args.axis[0].dst * args.axis[1].dst * args.axis[2].dst;
}

std::string shader_name(const char* source, const PoolArgs& args) {
  const auto reduction = Reduction(args.reduction);
  return fmt::format("{}.{}.{}", source, token(DType(args.dtype)),
                     reduction == Reduction::kMax  ? args.with_indices ? "max_index" : "max"
                     : reduction == Reduction::kLp ? "lp"
                                                   : "average");
}

// kNorm of reduce.glsl.
uint32_t norm_constant(const PoolArgs& args) {
  if (Reduction(args.reduction) != Reduction::kLp) return 0;
  if (std::isinf(args.norm)) return uint32_t(-1);
  return args.norm >= 1 && args.norm <= 1024 && args.norm == std::floor(args.norm)
             ? uint32_t(args.norm)
             : 0;
}

VulkanDispatch table(const PoolArgs& args) {
  return {shader_name("table", args),
          {kTableGroup, norm_constant(args)},
          ceil_divide(args.n * args.c * dst_plane(args), kTableGroup)};
}

constexpr VulkanKernel kKernels[] = {
    {"table", "windows from the tables", takes_everything, table},
};

}  // namespace

std::span<const VulkanKernel> vulkan_kernels() { return kKernels; }

}  // namespace poolbench
