// Keeps pipelines on disk: a driver compiles a shader once a machine instead of once a run.
//
// A device has one file, $XDG_CACHE_HOME/poolbench/vulkan-<device>-<driver>-<cache>.bin (without
// the variable: ~/.cache), named by the UUIDs of the device, of the driver and of its data's
// format. POOLBENCH_PIPELINE_CACHE=0 switches it off. A file that is missing, damaged or another
// device's is ignored; failing to write one is no error.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_PIPELINE_CACHE_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_PIPELINE_CACHE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "host/substrates/vulkan.h"

namespace poolbench {

// Reads the driver's data; empty unless it is exactly what was written: a driver need not check it.
std::vector<uint8_t> read_pipelines(const std::filesystem::path& file);
// Replaces the file in one step: others see the old one or the new one. False where it could not be
// written; the old one then stays.
bool write_pipelines(const std::filesystem::path& file, const std::vector<uint8_t>& data);

class VulkanPipelineCache {
 public:
  explicit VulkanPipelineCache(const VulkanSubstrate& substrate);
  ~VulkanPipelineCache();  // writes what was added
  VulkanPipelineCache(const VulkanPipelineCache&) = delete;

  const vk::raii::PipelineCache& get() const { return cache_; }
  const std::filesystem::path& file() const { return file_; }  // empty: nothing is kept
  size_t bytes_given() const { return bytes_given_; }          // from the file to the driver

 private:
  std::filesystem::path file_;
  size_t bytes_given_ = 0;
  vk::raii::PipelineCache cache_ = nullptr;
};

}  // namespace poolbench

#endif  // POOLBENCH_HOST_BACKENDS_VULKAN_PIPELINE_CACHE_H_
