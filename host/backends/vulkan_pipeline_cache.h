// Pipelines kept on disk, so that a driver compiles a shader once a machine and not once a run.
//
// A device has one file, $XDG_CACHE_HOME/poolbench/vulkan-<device>-<driver>-<cache>.bin (without
// the variable ~/.cache): its UUIDs of the device, of the driver and of the form of the driver's
// data. POOLBENCH_PIPELINE_CACHE=0 switches it off. The cache is a convenience: a file that is
// missing, damaged or of another device is ignored, one that cannot be written is left.
#ifndef POOLBENCH_HOST_BACKENDS_VULKAN_PIPELINE_CACHE_H_
#define POOLBENCH_HOST_BACKENDS_VULKAN_PIPELINE_CACHE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "host/substrates/vulkan.h"

namespace poolbench {

// The data in a file of ours, or nothing: what a driver is given must be as it once gave it, for it
// need not check it.
std::vector<uint8_t> read_pipelines(const std::filesystem::path& file);
// False where the file could not be written; then it is as it was. Others see the old file or the
// new one, never a part.
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
