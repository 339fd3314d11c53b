// What a Vulkan driver says of the code that it makes of the shaders: registers, instructions,
// bytes, in its own words (VK_KHR_pipeline_executable_properties).
//
//   poolbench_vulkan_count < lines
//
// A line: a kernel and a problem. Prints it, and below it, indented, a line for each dispatch.
// Indented lines are left out and comments stay, but for the one that names the driver, so that
// tests/vulkan_counts.txt goes in and comes out. The device is the first whose driver tells.
// Mesa's driver for AMD needs no GPU for it:
//
//   RADV_FORCE_FAMILY=navi21 VK_ICD_FILENAMES=/usr/share/vulkan/icd.d/radeon_icd.x86_64.json
#include <fmt/format.h>

#include <iostream>
#include <sstream>

#include "host/backends/vulkan.h"

namespace poolbench {
namespace {

constexpr std::string_view kDriver = "# driver: ";

std::unique_ptr<VulkanBackend> open_device() {
  const auto instance = std::make_shared<VulkanInstance>();
  for (const auto& physical : vk::raii::PhysicalDevices(instance->get())) {
    if (!vulkan_why_not(physical).empty()) continue;
    auto substrate = std::make_unique<VulkanSubstrate>(instance, physical);
    if (substrate->has_statistics())
      return std::make_unique<VulkanBackend>("vulkan", std::move(substrate));
    std::cerr << substrate->device().name << " has no VK_KHR_pipeline_executable_properties\n";
  }
  return nullptr;
}

void count_line(VulkanBackend& backend, const std::string& line) {
  std::istringstream words(line);
  std::string kernel, text;
  if (!(words >> kernel >> text)) throw std::runtime_error("no kernel and problem: " + line);
  std::cout << kernel << ' ' << text << '\n';
  for (const auto& [shader, values] : backend.statistics(parse_problem(text), kernel)) {
    std::string told;
    for (const auto& [name, value] : values) {
      if (name.ends_with("Hash") || name.ends_with("hash")) continue;  // says nothing by its size
      told += fmt::format("{}{} {:.10g}", told.empty() ? "" : ", ", name, value);
    }
    std::cout << "  " << shader << ": " << told << '\n';
  }
}

int count_all() {
  const auto backend = open_device();
  if (backend == nullptr) {
    std::cerr << "poolbench_vulkan_count: no driver here tells anything\n";
    return 5;
  }
  const Device& device = backend->substrate().device();
  for (std::string line; std::getline(std::cin, line);) {
    if (line.starts_with(kDriver))
      std::cout << kDriver << device.name << ", " << device.driver << '\n';
    else if (line.empty() || line[0] == '#')
      std::cout << line << '\n';
    else if (line[0] != ' ')
      count_line(*backend, line);
  }
  return 0;
}

}  // namespace
}  // namespace poolbench

int main(int count, char**) {
  if (count != 1) {
    std::cerr << "poolbench_vulkan_count < lines\n";
    return 4;
  }
  try {
    return poolbench::count_all();
  } catch (const std::exception& error) {
    std::cerr << "poolbench_vulkan_count: " << error.what() << '\n';
    return 3;
  }
}
