#include "kernels/axes.h"
#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/linear_constants.h"

namespace poolbench::vulkan {

Dispatch linear_pass(int64_t writes, bool drop) {
  constexpr int64_t kGroup = 256;
  return {.shader = "linear",
          .constants = LinearConstants{.kGroup = kGroup, .kDrop = drop},
          .groups = ceil_div(writes, kGroup)};
}

}  // namespace poolbench::vulkan
