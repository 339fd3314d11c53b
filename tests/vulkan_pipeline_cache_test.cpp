// The pipeline cache on disk: what was written comes back, and a driver never sees anything else.
#include "host/backends/vulkan_pipeline_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "host/backends/vulkan.h"
#include "host/problem.h"

namespace poolbench {
namespace {

namespace fs = std::filesystem;

class PipelineCache : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    setenv("XDG_CACHE_HOME", folder_.c_str(), 1);
    unsetenv("POOLBENCH_PIPELINE_CACHE");
    setenv("POOLBENCH_VULKAN_VALIDATION", "1", 1);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Opens the first Vulkan device, or skips the test.
  std::unique_ptr<VulkanSubstrate> substrate() {
    try {
      const auto instance = std::make_shared<VulkanInstance>();
      for (const auto& physical : vk::raii::PhysicalDevices(instance->get()))
        if (vulkan_why_not(physical).empty())
          return std::make_unique<VulkanSubstrate>(instance, physical);
    } catch (const std::runtime_error&) {
    }
    return nullptr;
  }

  static std::string bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("poolbench_cache_test." + std::to_string(getpid()));
  const fs::path file_ = folder_ / "poolbench" / "some.bin";
  const std::vector<uint8_t> data_ = {1, 2, 3, 250, 0, 7, 7, 7, 7, 9};
};

TEST_F(PipelineCache, gives_back_what_was_written) {
  EXPECT_TRUE(read_pipelines(file_).empty());
  EXPECT_TRUE(write_pipelines(file_, data_));
  EXPECT_EQ(read_pipelines(file_), data_);
  EXPECT_TRUE(write_pipelines(file_, {5, 6}));  // over the old one
  EXPECT_EQ(read_pipelines(file_), (std::vector<uint8_t>{5, 6}));
  // No temporary file is left.
  EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1);
}

TEST_F(PipelineCache, ignores_damaged_files) {
  ASSERT_TRUE(write_pipelines(file_, data_));
  const std::string right = bytes_of(file_);
  for (size_t i = 0; i < right.size(); ++i) {  // each byte
    std::string wrong = right;
    wrong[i] = char(wrong[i] ^ 0x40);
    put(file_, wrong);
    EXPECT_TRUE(read_pipelines(file_).empty()) << "byte " << i;
  }
  for (size_t length = 0; length < right.size(); ++length) {
    put(file_, right.substr(0, length));
    EXPECT_TRUE(read_pipelines(file_).empty()) << length << " bytes";
  }
  put(file_, right + "x");
  EXPECT_TRUE(read_pipelines(file_).empty());
  put(file_, right);
  EXPECT_EQ(read_pipelines(file_), data_);
}

TEST_F(PipelineCache, does_without_a_folder_to_write_to) {
  put(folder_ / "poolbench", "a file where the folder should be");
  EXPECT_FALSE(write_pipelines(file_, data_));
  EXPECT_EQ(bytes_of(folder_ / "poolbench"), "a file where the folder should be");
  fs::remove(folder_ / "poolbench");
  fs::create_directories(file_);  // a folder where the file should be
  EXPECT_FALSE(write_pipelines(file_, data_));
  EXPECT_TRUE(read_pipelines(file_).empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(file_.parent_path()), {}), 1);
}

TEST_F(PipelineCache, stands_where_the_environment_says) {
  const auto device = substrate();
  if (device == nullptr) GTEST_SKIP() << "no Vulkan device";
  const std::string name = "vulkan-" + device->pipeline_identity() + ".bin";
  EXPECT_EQ(VulkanPipelineCache(*device).file(), folder_ / "poolbench" / name);
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", folder_.c_str(), 1);
  EXPECT_EQ(VulkanPipelineCache(*device).file(), folder_ / ".cache" / "poolbench" / name);
  setenv("XDG_CACHE_HOME", "not/absolute", 1);  // counts as not set
  EXPECT_EQ(VulkanPipelineCache(*device).file(), folder_ / ".cache" / "poolbench" / name);
  setenv("POOLBENCH_PIPELINE_CACHE", "0", 1);
  EXPECT_EQ(VulkanPipelineCache(*device).file(), "");
}

TEST_F(PipelineCache, hands_on_this_device_s_data_alone) {
  const auto device = substrate();
  if (device == nullptr) GTEST_SKIP() << "no Vulkan device";
  const fs::path file = VulkanPipelineCache(*device).file();
  std::vector<uint8_t> data = VulkanPipelineCache(*device).get().getData();
  ASSERT_GE(data.size(), sizeof(vk::PipelineCacheHeaderVersionOne));
  ASSERT_TRUE(write_pipelines(file, data));
  EXPECT_EQ(VulkanPipelineCache(*device).bytes_given(), data.size());
  for (const size_t at : {4, 8, 12, 16, 31}) {  // version, vendor, device, UUID
    auto foreign = data;
    foreign[at] ^= 1;
    ASSERT_TRUE(write_pipelines(file, foreign));
    EXPECT_EQ(VulkanPipelineCache(*device).bytes_given(), 0u) << "byte " << at;
  }
  ASSERT_TRUE(write_pipelines(file, {1, 2, 3}));
  EXPECT_EQ(VulkanPipelineCache(*device).bytes_given(), 0u);
}

// Whatever is at its path, a backend starts and plans, and writes a new cache where it can.
TEST_F(PipelineCache, backends_work_with_any_file) {
  const auto device = substrate();
  if (device == nullptr) GTEST_SKIP() << "no Vulkan device";
  const fs::path file = VulkanPipelineCache(*device).file();
  for (const char* kind : {"none", "garbage", "folder"}) {
    SCOPED_TRACE(kind);
    fs::remove_all(file);
    if (kind == std::string("garbage")) put(file, std::string(1000, '\x5a'));
    if (kind == std::string("folder")) fs::create_directories(file);
    {
      VulkanBackend backend("vulkan:0", substrate());
      EXPECT_NE(backend.plan(parse_problem("max/sliding/f32/nchw/src:1x2x8x8/k:2x2")), nullptr);
    }
    // Mesa's software driver caches nothing.
    const bool keeps = !device->is_cpu() && kind != std::string("folder");
    EXPECT_EQ(keeps, !read_pipelines(file).empty());
  }
}

}  // namespace
}  // namespace poolbench
