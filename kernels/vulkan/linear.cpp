#include "kernels/axes.h"
#include "kernels/vulkan/idle_constants.h"
#include "kernels/vulkan/kernels.h"
#include "kernels/vulkan/linear_constants.h"

namespace poolbench::vulkan {

Dispatch linear_pass(int64_t walkers, bool drop) {
  constexpr int64_t kGroup = 256;
  return {.shader = "linear",
          .constants = LinearConstants{.kGroup = kGroup, .kDrop = drop},
          .groups = ceil_div(walkers, kGroup)};
}

Dispatch idle(const Dispatch& dispatch) {
  return {.shader = "idle",
          .constants = IdleConstants{.kGroup = dispatch.group()},
          .groups = dispatch.groups,
          .extents = dispatch.extents};
}

}  // namespace poolbench::vulkan
