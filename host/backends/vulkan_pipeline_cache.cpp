#include "host/backends/vulkan_pipeline_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>

namespace poolbench {
namespace {

// Written in front of the driver's data.
struct Header {
  char magic[16] = "poolbench vk 1\n";
  uint64_t bytes = 0;
  uint64_t checksum = 0;  // FNV-1a
};

uint64_t checksum(const std::vector<uint8_t>& data) {
  uint64_t sum = 0xcbf29ce484222325;
  for (const uint8_t byte : data) sum = (sum ^ byte) * 0x100000001b3;
  return sum;
}

std::filesystem::path folder() {
  const auto absolute = [](const char* variable) -> std::filesystem::path {
    const char* value = std::getenv(variable);
    return value != nullptr && value[0] == '/' ? value : "";
  };
  if (const auto cache = absolute("XDG_CACHE_HOME"); !cache.empty()) return cache / "poolbench";
  if (const auto home = absolute("HOME"); !home.empty()) return home / ".cache" / "poolbench";
  return {};
}

std::filesystem::path file_of(const VulkanSubstrate& substrate) {
  const char* wish = std::getenv("POOLBENCH_PIPELINE_CACHE");
  const auto in = folder();
  if ((wish != nullptr && std::strcmp(wish, "0") == 0) || in.empty()) return {};
  return in / fmt::format("vulkan-{}.bin", substrate.pipeline_identity());
}

// Whether the driver's data is this device's, by its VkPipelineCacheHeaderVersionOne.
bool is_for(const std::vector<uint8_t>& data, const vk::PhysicalDeviceProperties& device) {
  vk::PipelineCacheHeaderVersionOne header;
  if (data.size() < sizeof(header)) return false;
  std::memcpy(&header, data.data(), sizeof(header));
  return header.headerSize >= sizeof(header) &&
         header.headerVersion == vk::PipelineCacheHeaderVersion::eOne &&
         header.vendorID == device.vendorID && header.deviceID == device.deviceID &&
         header.pipelineCacheUUID == device.pipelineCacheUUID;
}

}  // namespace

std::vector<uint8_t> read_pipelines(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Header header;
  const Header right;
  if (!in.read(reinterpret_cast<char*>(&header), sizeof(header)) ||
      std::memcmp(header.magic, right.magic, sizeof(header.magic)) != 0)
    return {};
  std::error_code error;
  if (std::filesystem::file_size(file, error) != sizeof(header) + header.bytes || error) return {};
  std::vector<uint8_t> data(header.bytes);
  if (!in.read(reinterpret_cast<char*>(data.data()), std::streamsize(data.size())) ||
      checksum(data) != header.checksum)
    return {};
  return data;
}

bool write_pipelines(const std::filesystem::path& file, const std::vector<uint8_t>& data) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  if (error) return false;
  auto part = file;
  part += fmt::format(".{}", getpid());
  Header header;
  header.bytes = data.size();
  header.checksum = checksum(data);
  bool written = false;
  {
    std::ofstream out(part, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(&header), sizeof(header));
    out.write(reinterpret_cast<const char*>(data.data()), std::streamsize(data.size()));
    out.close();
    written = out.good();
  }
  if (written) std::filesystem::rename(part, file, error);
  if (written && !error) return true;
  std::filesystem::remove(part, error);
  return false;
}

VulkanPipelineCache::VulkanPipelineCache(const VulkanSubstrate& substrate)
    : file_(file_of(substrate)) {
  std::vector<uint8_t> known;
  if (!file_.empty()) known = read_pipelines(file_);
  if (!is_for(known, substrate.properties())) known.clear();
  bytes_given_ = known.size();
  cache_ = vk::raii::PipelineCache(substrate.vulkan(),
                                   {.initialDataSize = known.size(), .pInitialData = known.data()});
}

VulkanPipelineCache::~VulkanPipelineCache() {
  if (file_.empty()) return;
  try {
    const std::vector<uint8_t> data = cache_.getData();
    // A driver that caches nothing returns a header only.
    if (data.size() > sizeof(vk::PipelineCacheHeaderVersionOne) && data.size() != bytes_given_)
      write_pipelines(file_, data);
  } catch (const std::exception&) {  // the next run compiles again
  }
}

}  // namespace poolbench
