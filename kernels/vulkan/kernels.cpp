#include "kernels/vulkan/kernels.h"

#include <cmath>

#include "kernels/types.h"

namespace poolbench::vulkan {

std::string shader_name(const char* source, const Shapes& args) {
  const auto reduction = Reduction(args.reduction);
  const char* made = reduction == Reduction::kMax  ? args.with_indices ? "max_index" : "max"
                     : reduction == Reduction::kLp ? "lp"
                                                   : "average";
  return std::string(source) + '.' + facts(DType(args.dtype)).name + '.' + made;
}

uint32_t norm_constant(const Shapes& args) {
  if (Reduction(args.reduction) != Reduction::kLp) return 0;
  if (std::isinf(args.norm)) return uint32_t(-1);
  return args.norm >= 1 && args.norm <= 1024 && args.norm == std::floor(args.norm)
             ? uint32_t(args.norm)
             : 0;
}

namespace {

constexpr Kernel kKernels[] = {
    {"reduce", "a whole plane by a team of invocations", reduce_why_not, reduce_work},
    {"staged", "planes or bands in shared memory: rows of any length, windows of any size",
     staged_why_not, staged_work},
    {"strip", "channels first, 16 bytes of outputs side by side", strip_why_not, strip_work},
    {"vector", "channels last, 16 bytes of channels", vector_why_not, vector_work},
    {"sliding", "windows by arithmetic, rows shared by several outputs", sliding_why_not,
     sliding_work},
    {"table", "windows from the tables", nullptr, table_work},
};

}  // namespace

std::span<const Kernel> kernels() { return kKernels; }

}  // namespace poolbench::vulkan
