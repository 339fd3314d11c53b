// The Vulkan backend on all devices of this machine, with the validation layer on: each of its
// messages becomes an exception of the call that caused it.
#include "host/substrates/vulkan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "host/backends/backends.h"
#include "host/backends/vulkan.h"
#include "host/compare.h"
#include "host/fill.h"
#include "host/fuzz.h"
#include "host/run.h"
#include "host/substrates/host.h"
#include "host/windows.h"
#include "tests/support.h"

namespace poolbench {
namespace {

std::vector<std::unique_ptr<Backend>>& backends() {
  static std::string reason;
  static auto opened = [] {
    setenv("POOLBENCH_VULKAN_VALIDATION", "1", 1);
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);  // it mixes up vector widths
    try {
      return open_vulkan({});
    } catch (const std::runtime_error& error) {
      reason = error.what();
      return std::vector<std::unique_ptr<Backend>>();
    }
  }();
  const char* required = std::getenv("POOLBENCH_REQUIRE");
  if (opened.empty() && required != nullptr && std::strstr(required, "vulkan") != nullptr)
    ADD_FAILURE() << reason;
  return opened;
}

class Vulkan : public testing::Test {
 protected:
  void SetUp() override {
    if (backends().empty()) GTEST_SKIP() << "no Vulkan device";
  }
};

// Runs every kernel that takes the problem, or the named one, and judges its output.
void check(Backend& backend, const Problem& problem, FillKind kind, uint64_t seed,
           std::string_view only = {}) {
  const auto src = filled(problem, kind, seed);
  EXPECT_EQ(backend.supports(problem, "table").why_not, "") << to_text(problem);
  for (const KernelInfo& kernel : backend.kernels()) {
    if (!only.empty() && kernel.name != only) continue;
    if (!backend.supports(problem, kernel.name)) continue;
    SCOPED_TRACE(fmt::format("{}.{}/{} --fill {} --seed {}", backend.name(), kernel.name,
                             to_text(problem), fill_name(kind), seed));
    const auto plan = backend.plan(problem, kernel.name);
    const Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data());
    EXPECT_EQ(outcome.broken, "");
    const Comparison result = compare(problem, src.data(), outcome.dst(), outcome.indices(), seed);
    EXPECT_EQ(result.wrong, 0);
    for (const Point& point : result.worst)
      ADD_FAILURE() << fmt::format(
          "n {} c {} output {}: expected {} [{}], got {} [{}], {:.3g} ulp of {:.3g} allowed",
          point.n, point.c, fmt::join(point.output, "x"), point.expected, point.expected_index,
          point.got, point.got_index, point.ulp, point.allowed);
  }
}

std::vector<FillKind> all_fills() {
  std::vector<FillKind> kinds;
  for (const FillInfo& fill : fill_kinds()) kinds.push_back(fill.kind);
  return kinds;
}

void check_everywhere(const std::string& text, const std::vector<FillKind>& fills = all_fills()) {
  for (const FillKind fill : fills)
    for (const TypeFacts& type : kTypes)
      for (const Layout layout : {Layout::kChannelsFirst, Layout::kChannelsLast}) {
        if (!type.has_sums() && text.rfind("max", 0) != 0) continue;
        const Problem problem = parse_problem(text, {type.dtype, layout});
        for (const auto& backend : backends()) check(*backend, problem, fill, 1);
      }
}

TEST_F(Vulkan, every_reduction_type_layout_and_input) {
  check_everywhere("max/sliding/src:2x3x9x10/k:3x2/s:2x1/p:1x1");
  check_everywhere("max/sliding/src:2x3x9x10/k:3x2/s:2x1/p:1x1/idx");
  check_everywhere("avg_include_pad/sliding/src:2x5x9x10/k:3x3/s:2x2/p:1x1/ceil");
  check_everywhere("avg_exclude_pad/sliding/src:2x16x9x10/k:3x3/p:1x1/s:1x1");
  check_everywhere("lp/sliding/src:1x4x7x10/k:3x2/norm:2");
}

TEST_F(Vulkan, every_norm) {
  const std::vector<FillKind> fills = {FillKind::kUniform, FillKind::kNan, FillKind::kExtreme,
                                       FillKind::kDenormal};
  for (const char* norm : {"1", "3", "7", "0.5", "1.5", "17.5", "inf"}) {
    check_everywhere(fmt::format("lp/sliding/src:1x2x7x10/k:3x2/norm:{}", norm), fills);
    check_everywhere(fmt::format("lp/adaptive/src:1x2x7x10/out:2x3/norm:{}/mean", norm), fills);
  }
}

TEST_F(Vulkan, every_windowing) {
  check_everywhere("max/adaptive/src:2x3x7x10/out:3x4/idx");
  check_everywhere("avg_include_pad/global/src:2x3x5x7x10");
  check_everywhere("avg_include_pad/global/src:2x3x70x70");
  check_everywhere("max/global/src:1x40x70x70");
  check_everywhere("max/fractional/src:2x3x9x11/k:2x3/out:4x5/seed:3/idx");
  check_everywhere("max/sliding/src:2x3x6x7x8/k:3x2x2/s:1x2x1/d:2x1x3/idx");
}

TEST_F(Vulkan, random_problems) {
  const char* wish = std::getenv("POOLBENCH_FUZZ");
  const int count = wish != nullptr ? std::atoi(wish) : 300;
  for (int i = 0; i < count; ++i) {
    const FuzzCase fuzz = fuzz_case(1, i, 50'000);
    for (const auto& backend : backends()) check(*backend, fuzz.problem, fuzz.fill, fuzz.fill_seed);
  }
}

// Rows and channels that are multiples of 16 bytes, as `strip` and `vector` need; few random
// problems have them.
TEST_F(Vulkan, random_problems_of_whole_runs) {
  const char* wish = std::getenv("POOLBENCH_FUZZ");
  const int count = wish != nullptr ? std::atoi(wish) : 300;
  for (int i = 0; i < count; ++i) {
    const FuzzCase fuzz = fuzz_case(2, i, 20'000);
    if (fuzz.problem.spec().windowing != Windowing::kSliding) continue;
    const Problem problem = fuzz.problem.with([](Description& d) {
      const int64_t run = 16 / dtype_bytes(d.dtype);
      int64_t& whole = d.layout == Layout::kChannelsFirst ? d.src[2] : d.c;
      whole = (whole + run - 1) / run * run;
    });
    for (const auto& backend : backends()) check(*backend, problem, fuzz.fill, fuzz.fill_seed);
  }
}

// Enough outputs for an invocation to make several rows and columns of them. Small problems on a
// GPU get one output an invocation.
TEST_F(Vulkan, outputs_that_share_rows_and_columns) {
  for (const char* text :
       {"max/sliding/f32/nchw/src:1x16x31x64/k:3x3/s:1x1/p:1x1",
        "max/sliding/f16/nchw/src:1x16x31x64/k:3x3/s:1x1/p:1x1",
        "max/sliding/f16/nchw/src:1x16x31x64/k:2x4/s:1x3/p:1x0",
        "max/sliding/bf16/nchw/src:2x16x30x96/k:3x3/s:2x2/p:1x1/idx",
        "max/sliding/u8/nchw/src:2x16x30x96/k:3x3/s:2x2/p:1x1",
        "avg_exclude_pad/sliding/f16/nchw/src:1x16x31x64/k:5x5/s:1x1/p:2x2",
        "avg_include_pad/sliding/i8/nchw/src:1x8x5x14x48/k:2x3x3/s:1x2x1/p:1x1x0",
        "max/sliding/f16/nhwc/src:1x32x31x17/k:3x3/s:1x1/p:1x1",
        "max/sliding/bf16/nhwc/src:1x32x31x17/k:3x3/s:2x2/p:1x1/idx",
        "avg_exclude_pad/sliding/f32/nhwc/src:1x16x31x33/k:3x3/s:1x1/p:1x1",
        "avg_include_pad/sliding/i8/nhwc/src:1x32x5x14x13/k:2x3x3/s:1x2x1/p:1x1x0",
        "max/sliding/f32/nchw/src:2x16x21x21/k:9x9/s:1x1/p:4x4/idx",
        "max/sliding/i8/nhwc/src:2x40x21x21/k:9x9/s:1x1/p:4x4"})
    for (const auto& backend : backends())
      for (const FillKind fill : all_fills()) check(*backend, parse_problem(text), fill, 1);
}

// Planes larger than shared memory: bands of rows, of columns, of both. Rows that begin and end
// inside a word, down to inputs shorter than a word.
TEST_F(Vulkan, staged_bands_and_rows_of_any_length) {
  for (const char* text : {"max/sliding/f32/nchw/src:1x2x70x83/k:13x13/s:1x1/p:6x6/idx",
                           "max/sliding/bf16/nchw/src:1x2x66x70/k:9x9/s:2x1/p:4x4",
                           "avg_exclude_pad/sliding/f16/nchw/src:1x3x31x146/k:31x31/s:1x1/p:15x15",
                           "avg_include_pad/sliding/u8/nchw/src:1x2x150x90/k:7x5/s:3x2/p:3x2/ceil",
                           "max/sliding/i8/nhwc/src:1x19x40x45/k:11x11/s:1x1/p:5x5/idx",
                           "lp/sliding/f32/nhwc/src:1x9x40x33/k:9x5/s:1x2/p:4x2/norm:3",
                           "max/sliding/f32/nchw/src:1x2x9000/k:29/s:1/idx",
                           "max/adaptive/f16/nchw/src:1x3x90x95/out:7x13/idx",
                           "max/fractional/f32/nchw/src:1x3x90x95/k:5x3/out:21x30/seed:3/idx",
                           "max/sliding/f16/nchw/src:2x5x55x55/k:3x3/s:2x2",
                           "max/sliding/bf16/nchw/src:1x3x147x147/k:3x3/s:1x1/p:1x1/idx",
                           "avg_exclude_pad/sliding/f16/nchw/src:3x7x13x13/k:3x3/s:1x1/p:1x1",
                           "max/sliding/u8/nchw/src:3x3x7x7/k:3x3/s:2x2/p:1x1",
                           "max/sliding/i8/nchw/src:1x1x1x3/k:1x2/s:1x1",
                           "max/sliding/i8/nhwc/src:2x20x19x19/k:13x13/s:1x1/p:6x6",
                           "avg_exclude_pad/sliding/u8/nhwc/src:1x12x19x40/k:9x9/s:1x1/p:4x4/ceil",
                           "avg_include_pad/sliding/i8/nchw/src:1x3x19x19/k:6x6/s:1x1/div:-6",
                           "max/sliding/bf16/nhwc/src:1x6x50x21/k:5x5/s:2x1/p:2x2/idx",
                           "max/sliding/bf16/nchw/src:1x1x3x1/k:2x1/s:1x1/idx"})
    for (const auto& backend : backends()) {
      const Problem problem = parse_problem(text);
      EXPECT_EQ(backend->supports(problem, "staged").why_not, "") << text;
      for (const FillKind fill : all_fills()) check(*backend, problem, fill, 1, "staged");
    }
}

// More than 65,535 workgroups, for each numbering of workgroups (`vector` numbers like `strip`).
TEST_F(Vulkan, grid_folds_in_two_dimensions) {
  for (const auto& [kernel, text] :
       {std::pair{"table", "max/sliding/u8/nchw/src:1x1x3000x4000/k:1x1"},
        std::pair{"sliding", "max/sliding/u8/nchw/src:1x1x3000x4000/k:1x1"},
        std::pair{"strip", "max/sliding/f32/nchw/src:1x4x2900x2900/k:1x1"},
        std::pair{"reduce", "max/global/u8/nhwc/src:70000x1x2x2"}})
    for (const auto& backend : backends()) {
      EXPECT_TRUE(backend->supports(parse_problem(text), kernel)) << kernel;
      check(*backend, parse_problem(text), FillKind::kUniform, 1, kernel);
    }
}

TEST_F(Vulkan, tensor_beyond_the_storage_buffer_range) {
  for (const char* text : {"max/sliding/f32/nchw/src:1x12x2048x1536/k:4x4",
                           "max/sliding/f32/nhwc/src:1x12x2048x1536/k:4x4"})  // 144 MiB
    for (const auto& backend : backends())
      check(*backend, parse_problem(text), FillKind::kPosition, 1);
}

// Mesa's software driver silently ends loops after 65,535 iterations.
TEST_F(Vulkan, long_windows) {
  for (const char* text :
       {"avg_include_pad/global/f32/nchw/src:1x2x1200x1200",
        "avg_include_pad/global/u8/nhwc/src:1x40x600x600",
        "max/global/f16/nhwc/src:1x3x700x700/idx", "lp/global/bf16/nchw/src:1x1x600x600/norm:2.5",
        "lp/global/f64/nhwc/src:1x1x300x300/norm:17",
        "max/sliding/f32/nchw/src:1x2x300x302/k:280x280/s:3x1",
        "max/sliding/i8/nhwc/src:1x2x100x102/k:90x90/idx",
        "avg_exclude_pad/adaptive/f32/nhwc/src:1x2x3000x302/out:2x3",
        "max/adaptive/f64/nchw/src:1x2x300x302/out:2x3/idx"})
    for (const auto& backend : backends())
      for (const FillKind fill : {FillKind::kUniform, FillKind::kTies})
        check(*backend, parse_problem(text), fill, 1);
  const Problem longer = parse_problem("max/sliding/u8/nchw/src:1x1x9000x9000/k:9000x8900");
  for (const auto& backend : backends()) {
    if (!dynamic_cast<VulkanSubstrate&>(backend->substrate()).is_cpu()) continue;
    const std::string why_not = backend->supports(longer).why_not;
    EXPECT_NE(why_not.find("lacks loops as long as such a window needs"), std::string::npos);
  }
}

TEST_F(Vulkan, empty_batch) {
  for (const auto& backend : backends())
    check(*backend, parse_problem("max/sliding/f32/nchw/src:0x3x8x8/k:2x2/idx"), FillKind::kUniform,
          1);
}

TEST_F(Vulkan, one_plan_many_tensors_in_one_recording) {
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x2x6x6/k:2x2");
  for (const auto& backend : backends()) {
    Substrate& substrate = backend->substrate();
    const auto plan = backend->plan(problem);
    std::vector<std::vector<std::byte>> inputs;
    std::vector<TensorSet> sets;
    for (uint64_t seed = 0; seed < 5; ++seed) {
      inputs.push_back(filled(problem, FillKind::kUniform, seed));
      sets.emplace_back(substrate, problem, inputs.back().data(), plan->scratch_bytes());
      sets.back().poison(0xa5);
    }
    const auto recording = substrate.record([&](Stream stream) {
      for (const TensorSet& set : sets) plan->launch(set.tensors(), stream);
    });
    for (int i = 0; i < 100; ++i) {
      const double seconds = recording->replay();
      EXPECT_GT(seconds, 0);
      EXPECT_LT(seconds, 10);
    }
    for (size_t i = 0; i < sets.size(); ++i) {
      EXPECT_EQ(sets[i].violation(inputs_of(inputs[i].data()), 0xa5), "");
      EXPECT_TRUE(
          compare(problem, inputs[i].data(), sets[i].read()[Role::kDst].data(), nullptr).ok());
    }
  }
}

TEST_F(Vulkan, memory_with_and_without_staging) {
  const auto instance = std::make_shared<VulkanInstance>();
  const auto physical = vk::raii::PhysicalDevices(instance->get());
  for (const bool always_stage : {false, true}) {
    VulkanSubstrate substrate(instance, physical.front(), always_stage);
    // An odd number of bytes beyond the staging buffer, at an odd address.
    std::vector<uint8_t> sent((int64_t{32} << 20) + 12345), back(sent.size());
    for (size_t i = 0; i < sent.size(); ++i) sent[i] = uint8_t(i * 7 + i / 1000);
    Buffer one(substrate, sent.size() + 64), other(substrate, sent.size() + 64);
    EXPECT_EQ(reinterpret_cast<uint64_t>(one.at()) % 256, 0u);
    substrate.write(one.at(3), sent.data(), sent.size());
    substrate.copy(other.at(5), one.at(3), sent.size());
    substrate.read(back.data(), other.at(5), back.size());
    EXPECT_EQ(sent, back);
    for (const int64_t from : {0, 1, 2, 3, 4})
      for (const int64_t bytes : {0, 1, 2, 3, 4, 5, 9}) {
        substrate.fill(other.at(), 0x11, 32);
        substrate.fill(other.at(from), 0xee, bytes);
        uint8_t seen[32];
        substrate.read(seen, other.at(), 32);
        for (int64_t i = 0; i < 32; ++i)
          EXPECT_EQ(seen[i], i >= from && i < from + bytes ? 0xee : 0x11);
      }
    EXPECT_THROW(substrate.allocate(int64_t{1} << 50), OutOfMemory);
    const Buffer nothing(substrate, 0);
    EXPECT_TRUE(nothing);
  }
}

TEST_F(Vulkan, validation_messages_are_exceptions) {
  const auto instance = std::make_shared<VulkanInstance>();
  ASSERT_TRUE(instance->validates());
  const VulkanSubstrate substrate(instance, vk::raii::PhysicalDevices(instance->get()).front());
  EXPECT_NO_THROW(instance->check());
  const vk::raii::Fence fence(substrate.vulkan(), vk::FenceCreateInfo{});
  EXPECT_NO_THROW(instance->check());
  substrate.vulkan().resetFences({});  // invalid: at least one is required
  EXPECT_THROW(instance->check(), std::runtime_error);
  EXPECT_NO_THROW(instance->check());
}

// The linear passes, which are the ceilings, write every unit, read every unit (one of all ones
// shows), and touch nothing else, be there more to read or to write.
TEST_F(Vulkan, linear_passes) {
  constexpr int64_t kUnit = 16, kMost = 1 << 20;
  for (const auto& backend : backends()) {
    auto& vulkan = dynamic_cast<VulkanBackend&>(*backend);
    Substrate& substrate = vulkan.substrate();
    const Buffer src(substrate, kMost + kUnit), dst(substrate, kMost + kUnit);
    std::vector<uint8_t> got(size_t(dst.bytes()));
    for (const auto& [read, written] : {std::pair<int64_t, int64_t>{4, 4},
                                        {15, 1},
                                        {17, 100},
                                        {kMost - 3, 8},
                                        {8, kMost - 3},
                                        {kMost, kMost / 4},
                                        {kMost, kMost}})
      for (const auto& plan : vulkan.linear_passes(read, written)) {
        const int64_t reads = (read + kUnit - 1) / kUnit, writes = (written + kUnit - 1) / kUnit;
        Tensors tensors;
        tensors[Role::kSrc] = src.at();
        tensors[Role::kDst] = dst.at();
        const auto launch = [&] {
          const auto recording =
              substrate.record([&](Stream stream) { plan->launch(tensors, stream); });
          EXPECT_GT(recording->replay(), 0);
          substrate.read(got.data(), dst.at(), dst.bytes());
          for (size_t i = size_t(writes * kUnit); i < got.size(); ++i) ASSERT_EQ(got[i], 0x33) << i;
        };
        SCOPED_TRACE(fmt::format("{} {} to {}", plan->kernel(), read, written));
        substrate.fill(src.at(), 1, src.bytes());
        substrate.fill(dst.at(), 0x33, dst.bytes());
        launch();
        for (int64_t i = 0; i < writes * kUnit; ++i)
          ASSERT_EQ(got[size_t(i)] == 0x33, plan->kernel() == "read") << i;
        for (const int64_t unit : {int64_t{0}, reads / 3, reads - 1}) {
          substrate.fill(src.at(unit * kUnit), 0xff, kUnit);
          launch();
          EXPECT_TRUE(std::count(got.begin(), got.end(), 0xff)) << "unit " << unit;
          substrate.fill(src.at(unit * kUnit), 1, kUnit);
        }
        if (plan->kernel() != "read") continue;
        substrate.fill(dst.at(), 0x33, dst.bytes());
        substrate.fill(dst.at((writes - 1) * kUnit), 0xff, kUnit);
        launch();
        EXPECT_EQ(got[0], 0xff);
      }
  }
}

TEST_F(Vulkan, software_driver_is_the_host) {
  for (const auto& backend : backends()) {
    const auto& substrate = dynamic_cast<VulkanSubstrate&>(backend->substrate());
    if (substrate.is_cpu())
      EXPECT_EQ(substrate.device().uuid, host_substrate().device().uuid);
    else
      EXPECT_EQ(substrate.device().uuid.size(), 32u);
    EXPECT_GT(substrate.device().cache_bytes, 0);
  }
}

}  // namespace
}  // namespace poolbench
