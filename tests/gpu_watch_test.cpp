// Clocks and throttling in the record, read from a fake NVML.
#include "bench/time/gpu_watch.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/record/context.h"
#include "bench/record/record.h"

namespace poolbench {
namespace {

constexpr const char* kUuid = "8a6f0000111122223333444455556666";  // as Device has it

TEST(Nvml, missing_library_says_so_and_tells_nothing) {
  const Nvml nvml("libnonesuch.so.1");
  EXPECT_NE(nvml.why_not().find("libnonesuch.so.1"), std::string::npos) << nvml.why_not();
  EXPECT_FALSE(nvml.state(kUuid));
  EXPECT_FALSE(nvml.limits(kUuid));
}

TEST(Nvml, library_that_is_none_says_so) {
  const Nvml nvml("libm.so.6");
  EXPECT_NE(nvml.why_not().find("lacks its functions"), std::string::npos) << nvml.why_not();
}

TEST(GpuWatch, record_holds_ranges_limits_and_how_often_each_reason_stood) {
  GpuWatch watch({kUuid, "host"}, Nvml(POOLBENCH_FAKE_NVML));
  for (int look = 0; look < 5; ++look) watch.look();
  const auto context = records_json(
      {}, {run_context(), watch.json(), {}, {}, {"max/global/f32/nchw/src:1x1x4x4"}})["context"];
  const auto& gpus = context["poolbench"]["noted"]["gpus"];
  ASSERT_EQ(gpus.size(), 1u) << "the host's processor is no GPU";
  const auto& gpu = gpus[kUuid];
  EXPECT_EQ(gpu["driver"], "580.159.04");
  EXPECT_EQ(gpu["looks"], 5);
  EXPECT_EQ(gpu["sm_mhz"], (nlohmann::json{{"low", 1400}, {"high", 1980}, {"limit", 1980}}));
  EXPECT_EQ(gpu["memory_mhz"]["low"], 3201);
  EXPECT_EQ(gpu["watts"], (nlohmann::json{{"low", 412.5}, {"high", 412.5}, {"limit", 700.0}}));
  EXPECT_EQ(gpu["celsius"]["high"], 41);
  EXPECT_EQ(gpu["throttled"], (nlohmann::json{{"sw_power_cap", 3}, {"sw_thermal_slowdown", 3}}));
  EXPECT_EQ(context["poolbench"]["left_out"][0], "max/global/f32/nchw/src:1x1x4x4");
}

TEST(GpuWatch, without_a_gpu_there_is_nothing_to_tell) {
  GpuWatch watch({"host"}, Nvml("libnonesuch.so.1"));
  watch.look();
  EXPECT_TRUE(watch.json().is_null());
}

}  // namespace
}  // namespace poolbench
