#include "kernels/vulkan/kernels.h"

namespace poolbench::vulkan {

std::span<const Kernel> kernels() {
#define POOLBENCH_ROW(name) name(),
  static const Kernel list[] = {POOLBENCH_VULKAN_KERNELS(POOLBENCH_ROW)};
#undef POOLBENCH_ROW
  return list;
}

}  // namespace poolbench::vulkan
