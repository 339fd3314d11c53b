// What a driver says of its code. Mesa's for AMD makes code without a GPU, so this runs anywhere
// where it is installed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "host/backends/vulkan.h"

namespace poolbench {
namespace {

constexpr const char* kDriver = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json";
constexpr const char* kSoftware = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json";

// The first device of a driver; null if there is none.
std::unique_ptr<VulkanBackend> open(const char* driver) {
  if (!std::filesystem::exists(driver)) return nullptr;
  setenv("VK_ICD_FILENAMES", driver, 1);
  setenv("RADV_FORCE_FAMILY", "navi21", 1);
  setenv("POOLBENCH_PIPELINE_CACHE", "0", 1);
  const auto instance = std::make_shared<VulkanInstance>();
  const vk::raii::PhysicalDevices devices(instance->get());
  if (devices.empty() || !vulkan_why_not(devices.front()).empty()) return nullptr;
  return std::make_unique<VulkanBackend>(
      "vulkan", std::make_unique<VulkanSubstrate>(instance, devices.front()));
}

TEST(VulkanStatistics, are_told_for_each_dispatch) {
  const auto backend = open(kDriver);
  if (backend == nullptr) GTEST_SKIP() << "no driver for AMD (Debian: mesa-vulkan-drivers)";
  const auto told = [&](const char* problem, const char* kernel) {
    return backend->statistics(parse_problem(problem), kernel);
  };
  const auto small = told("max/sliding/f32/nchw/src:1x8x56x56/k:2x2", "strip");
  const auto large = told("max/sliding/f32/nchw/src:1x8x56x56/k:3x3/s:2x2/p:1x1", "strip");
  ASSERT_EQ(small.size(), 1);
  ASSERT_EQ(large.size(), 1);
  EXPECT_EQ(small[0].shader, "strip.f32.max");
  std::map<std::string, double> of_small(small[0].values.begin(), small[0].values.end());
  std::map<std::string, double> of_large(large[0].values.begin(), large[0].values.end());
  EXPECT_GT(of_small["VGPRs"], 0);
  EXPECT_GT(of_small["Code size"], 0);
  // The same shader with other constants is other code.
  EXPECT_GT(of_large["Instructions"], of_small["Instructions"]);
  EXPECT_THROW(told("max/sliding/f32/nhwc/src:1x8x56x56/k:2x2", "strip"), Refused);
}

TEST(VulkanStatistics, are_none_where_the_driver_has_none) {
  const auto backend = open(kSoftware);
  if (backend == nullptr) GTEST_SKIP() << "no software driver (Debian: mesa-vulkan-drivers)";
  auto& substrate = dynamic_cast<VulkanSubstrate&>(backend->substrate());
  const auto told =
      backend->statistics(parse_problem("max/sliding/f32/nchw/src:1x8x56x56/k:2x2"), "strip");
  EXPECT_EQ(told.empty(), !substrate.has_statistics());
}

}  // namespace
}  // namespace poolbench
