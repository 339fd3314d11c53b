#include "host/modules.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "host/backends/backends.h"
#include "host/compare.h"
#include "host/fuzz.h"
#include "host/module_problem.h"
#include "host/run.h"
#include "host/substrates/host.h"
#include "host/windows.h"

namespace poolbench {
namespace {

#define EXPECT_SAYS(text, part) EXPECT_PRED_FORMAT2(testing::IsSubstring, part, text)

std::string module_file(const std::string& name) {
  return std::string(POOLBENCH_TEST_MODULES) + "/" + name + ".so";
}

// Opens a module as --module `name`=`file` does; returns the state of its only family.
FamilyState open(const std::string& name, const std::string& file) {
  BackendOptions options;
  options.modules = {name + "=" + file};
  auto states = open_backends(std::vector{name}, options);
  EXPECT_EQ(states.size(), 1u);
  return std::move(states.front());
}
FamilyState open(const std::string& name) { return open("mine", module_file(name)); }

// Returns the reason for the refusal, and checks that it names the file.
std::string why_unavailable(const std::string& name) {
  const FamilyState state = open(name);
  EXPECT_TRUE(state.backends.empty());
  EXPECT_SAYS(state.why_unavailable, name + ".so");
  return state.why_unavailable;
}

Outcome run(Backend& backend, const Problem& problem, std::span<const std::byte> src) {
  const auto plan = backend.plan(problem);
  return run_checked(*plan, backend.substrate(), problem, src.data());
}

// Returns what run_checked finds in the named module on a small problem.
std::string broken_rule(const std::string& name) {
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:2x3x9x9/k:3x3/s:2x2");
  const FamilyState state = open(name);
  EXPECT_EQ(state.why_unavailable, "");
  return run(*state.backends.at(0), problem, filled(problem, FillKind::kUniform, 1)).broken;
}

TEST(ExampleModule, is_right_where_it_says_yes) {
  const FamilyState state = open("example");
  ASSERT_EQ(state.why_unavailable, "");
  ASSERT_EQ(state.backends.size(), 1u);
  Backend& mine = *state.backends[0];
  EXPECT_EQ(mine.name(), "mine");
  EXPECT_EQ(mine.kernels().at(0).name, "loops");
  for (const char* text : {"max/sliding/f32/nchw/src:2x3x17x13/k:3x2/s:2x1/p:1x1-2x0",
                           "max/sliding/f32/nchw/src:1x2x9x8/k:2x3/s:3x2/ceil",
                           "max/sliding/f32/nchw/src:1x1x12x7/k:3x3/s:1x1/d:2x3/p:2x3",
                           "max/sliding/f32/nchw/src:1x2x10x11/k:3x3/s:2x2/same_upper",
                           "max/sliding/f32/nchw/src:0x2x10x11/k:3x3"})
    for (const FillInfo& kind : fill_kinds()) {
      const Problem problem = parse_problem(text);
      ASSERT_TRUE(mine.supports(problem)) << text;
      const auto src = filled(problem, kind.kind, 7);
      const Outcome outcome = run(mine, problem, src);
      EXPECT_EQ(outcome.broken, "") << text;
      EXPECT_TRUE(compare(problem, src.data(), outcome.dst(), nullptr).ok())
          << text << " --fill " << kind.name << " --seed 7";
    }
}

TEST(ExampleModule, refuses_with_the_parameter) {
  const FamilyState state = open("example");
  Backend& mine = *state.backends.at(0);
  for (const auto& [text, parameter] :
       {std::pair("max/sliding/f16/nchw/src:1x2x8x8/k:2", "type"),
        std::pair("max/sliding/f32/nhwc/src:1x2x8x8/k:2", "layout"),
        std::pair("max/global/f32/nchw/src:1x2x8x8", "windowing"),
        std::pair("avg_include_pad/sliding/f32/nchw/src:1x2x8x8/k:2", "reduction")}) {
    const Problem problem = parse_problem(text);
    EXPECT_SAYS(mine.supports(problem).why_not, std::string("mine: ") + parameter);
    EXPECT_THROW(mine.plan(problem), Refused);
  }
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x2x8x8/k:2");
  EXPECT_EQ(mine.supports(problem, "tiles").why_not, "mine has no kernel 'tiles'");
  EXPECT_THROW(mine.plan(problem, "tiles"), Refused);
  EXPECT_EQ(mine.plan(problem, "loops")->kernel(), "loops");
}

// A backend of this program gives the same bits, kernels and refusals through the C interface.
TEST(ExportedBackend, equals_the_built_in_one) {
  const FamilyState exported = open("naive_again");
  ASSERT_EQ(exported.why_unavailable, "");
  Backend& module = *exported.backends.at(0);
  const auto built_in = open_backends(std::vector<std::string>{"naive"}, {});
  Backend& naive = *built_in.at(0).backends.at(0);
  ASSERT_EQ(module.kernels().size(), naive.kernels().size());
  for (uint64_t i = 0; i < 200; ++i) {
    const auto [problem, fill, seed] = fuzz_case(3, i, 20'000);
    SCOPED_TRACE(to_text(problem));
    const auto src = filled(problem, fill, seed);
    for (const KernelInfo& kernel : naive.kernels())
      EXPECT_EQ(bool(module.supports(problem, kernel.name)),
                bool(naive.supports(problem, kernel.name)));
    EXPECT_EQ(module.plan(problem)->kernel(), naive.plan(problem)->kernel());
    const Outcome ours = run(naive, problem, src), theirs = run(module, problem, src);
    EXPECT_EQ(theirs.broken, "");
    EXPECT_TRUE(ours.outputs == theirs.outputs);
  }
}

// A module built with the header of version 2, as it was then.
TEST(Version2, module_still_loads_and_computes) {
  const FamilyState state = open("version_2");
  ASSERT_EQ(state.why_unavailable, "");
  Backend& mine = *state.backends.at(0);
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:2x3x9x8/k:3x2/s:2x2/p:1x1");
  const auto src = filled(problem, FillKind::kUniform, 1);
  const Outcome outcome = run(mine, problem, src);
  EXPECT_EQ(outcome.broken, "");
  EXPECT_TRUE(compare(problem, src.data(), outcome.dst(), nullptr).ok());
  EXPECT_FALSE(mine.supports(parse_problem("max/sliding/f16/nchw/src:1x1x4x4/k:2x2")));
}

// A module that records a dispatch on the device that it was handed.
TEST(VulkanModule, works_on_the_device_that_is_here) {
  if (!std::filesystem::exists(module_file("on_vulkan"))) GTEST_SKIP() << "not built";
  const FamilyState state = open("on_vulkan");
  if (state.backends.empty()) GTEST_SKIP() << state.why_unavailable;
  Backend& mine = *state.backends.at(0);
  EXPECT_EQ(mine.substrate().device().substrate, "vulkan");
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:2x3x9x8/k:1x1");
  const auto src = filled(problem, FillKind::kUniform, 1);
  const Outcome outcome = run(mine, problem, src);
  EXPECT_EQ(outcome.broken, "");
  EXPECT_EQ(outcome.outputs[Role::kDst], src);
  EXPECT_FALSE(mine.supports(parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:2x2")));
}

TEST(ModuleProblem, comes_back_as_an_equal_problem) {
  std::set<Windowing> seen;
  for (uint64_t i = 0; i < 2000; ++i) {
    const Problem problem = fuzz_case(5, i).problem;
    SCOPED_TRACE(to_text(problem));
    const ModuleProblem c(problem);
    EXPECT_EQ(c.get()->text, to_text(problem));
    const Problem back = from_module_problem(*c.get());
    if (problem.dst_count() == 0) {  // modules know of one kind: a batch of nothing
      EXPECT_EQ(back.n(), 0);
      continue;
    }
    EXPECT_EQ(back, problem.with([&](Description& d) {
      d.spec.pad_begin = problem.padding().begin, d.spec.pad_end = problem.padding().end;
      d.spec.auto_pad = AutoPad::kNone;
      // Samples drawn from a seed come back as given ones.
      d.spec.seed = back.spec().seed, d.spec.samples = back.spec().samples;
    }));
    const bool has_samples = problem.spec().windowing == Windowing::kFractional;
    for (int64_t plane = 0; has_samples && plane < problem.planes(); ++plane)
      for (int axis = problem.first_axis(); axis < 3; ++axis)
        EXPECT_EQ(sample(back, plane, axis), sample(problem, plane, axis));
    seen.insert(problem.spec().windowing);
  }
  EXPECT_EQ(seen.size(), 4u);
}

// Reduction 4, which no module of version 2 has heard of, is `min` in later headers.
TEST(ModuleProblem, values_that_a_version_lacks_are_refused_by_name) {
  Shapes shapes = parse_problem("max/global/f32/nchw/src:1x1x4").shapes();
  for (const int32_t version : {2, 3, 4}) EXPECT_EQ(unknown_to_module(version, shapes), "");
  shapes.reduction = 4;
  EXPECT_EQ(
      unknown_to_module(2, shapes),
      "reduction: value 4 is unknown to version 2 of the module interface, which knows 0 to 3");
  for (shapes.dtype = int32_t(DType::kI16); shapes.dtype <= int32_t(DType::kI64); ++shapes.dtype)
    for (const int32_t version : {3, 4})
      EXPECT_EQ(unknown_to_module(version, shapes).substr(0, 5), version < 4 ? "type:" : "");
}

TEST(ModuleProblem, unknown_values_are_named) {
  poolbench_problem c = *ModuleProblem(parse_problem("max/global/f32/nchw/src:1x1x4")).get();
  c.dtype = 70;
  try {
    from_module_problem(c);
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_STREQ(error.what(), "type: value 70 is unknown to this module, which knows 0 to 8");
  }
}

TEST(ModuleName, is_taken_apart) {
  const ModuleName module = parse_module("my-pool_2=./a=b.so");
  EXPECT_EQ(module.name, "my-pool_2");
  EXPECT_EQ(module.file, "./a=b.so");
  for (const char* text : {"", "mine", "mine=", "=./libmine.so", "a:b=./x.so", "a/b=./x.so"})
    EXPECT_THROW(parse_module(text), BadInput) << text;
}

TEST(ModuleName, clashes_are_bad_input) {
  BackendOptions options;
  options.modules = {"naive=" + module_file("example")};
  EXPECT_THROW(open_backends({}, options), BadInput);
  options.modules = {"mine=" + module_file("example"), "mine=" + module_file("naive_again")};
  EXPECT_THROW(open_backends({}, options), BadInput);
}

TEST(Modules, stand_behind_the_built_in_ones_and_open_when_asked) {
  BackendOptions options;
  options.modules = {"a=" + module_file("example"), "b=" + module_file("broken_crash_at_load")};
  const auto all = open_backends({}, options);
  EXPECT_EQ(all.front().family, "naive");
  EXPECT_EQ(all.back().family, "b");
  EXPECT_NE(all.back().why_unavailable, "");
  EXPECT_EQ(all[all.size() - 2].backends.size(), 1u);
  const auto some = open_backends(std::vector<std::string>{"a", "naive"}, options);
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[1].backends.at(0)->name(), "a");
}

TEST(Modules, one_file_can_be_two_modules) {
  BackendOptions options;
  options.modules = {"a=" + module_file("naive_again"), "b=" + module_file("naive_again")};
  const auto states = open_backends(std::vector<std::string>{"a", "b"}, options);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[0].backends.at(0)->name(), "a");
  EXPECT_EQ(states[1].backends.at(0)->name(), "b");
}

// A fake CUDA device for a module and its loader: host memory and a stream.
class FakeCuda : public Substrate {
 public:
  explicit FakeCuda(std::string uuid) {
    device_.substrate = "cuda";
    device_.name = "Fake " + uuid.substr(0, 2);
    device_.uuid = std::move(uuid);
  }
  const Device& device() const override { return device_; }
  void* allocate(int64_t bytes) override { return host_substrate().allocate(bytes); }
  void release(void* memory) noexcept override { host_substrate().release(memory); }
  void write(void* to, const void* from, int64_t bytes) override {
    host_substrate().write(to, from, bytes);
  }
  void read(void* to, const void* from, int64_t bytes) override {
    host_substrate().read(to, from, bytes);
  }
  void fill(void* to, uint8_t byte, int64_t bytes) override {
    host_substrate().fill(to, byte, bytes);
  }
  void copy(void* to, const void* from, int64_t bytes) override {
    host_substrate().copy(to, from, bytes);
  }
  std::unique_ptr<Recording> record(const std::function<void(Stream)>& work) override {
    return host_substrate().record([this, work](Stream) { work(&device_); });
  }

 private:
  Device device_;
};

std::vector<std::unique_ptr<Substrate>> fake_devices(std::initializer_list<const char*> uuids) {
  std::vector<std::unique_ptr<Substrate>> devices;
  for (const char* uuid : uuids) devices.push_back(std::make_unique<FakeCuda>(uuid));
  return devices;
}

TEST(CudaModule, works_on_the_device_with_its_uuid_and_on_its_stream) {
  const auto devices =
      fake_devices({"ffeeddccbbaa99887766554433221100", "00112233445566778899aabbccddeeff"});
  std::string asked;
  const auto backends =
      open_module({"mine", module_file("broken_on_cuda")},
                  [&](std::string_view substrate, std::string_view uuid) -> Substrate& {
                    asked = substrate;
                    return with_uuid(devices, uuid);
                  })
          .backends;
  ASSERT_EQ(backends.size(), 1u);
  EXPECT_EQ(asked, "cuda");
  EXPECT_EQ(&backends[0]->substrate(), devices[1].get());
  EXPECT_TRUE(backends[0]->timeable());
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:2");
  const std::vector<std::byte> src(problem.src_bytes());
  const Outcome outcome = run(*backends[0], problem, src);
  EXPECT_EQ(outcome.broken, "");
  for (int i = 0; i < 4; ++i) {
    float value;
    std::memcpy(&value, outcome.outputs[Role::kDst].data() + i * sizeof value, sizeof value);
    EXPECT_EQ(value, 1);
  }
}

TEST(CudaModule, whose_device_is_not_here_says_which_are) {
  const auto why = [](const std::vector<std::unique_ptr<Substrate>>& devices) -> std::string {
    try {
      open_module({"mine", module_file("broken_on_cuda")},
                  [&](std::string_view, std::string_view uuid) -> Substrate& {
                    return with_uuid(devices, uuid);
                  });
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "opened";
  };
  EXPECT_SAYS(why(fake_devices({"0a", "0b"})),
              "device '00112233445566778899aabbccddeeff': is not here; here are 0a (Fake 0a), 0b");
  EXPECT_SAYS(why({}), "is not here; here are none");
}

TEST(Modules, are_all_tried_before_one_is_opened) {
  unsetenv("POOLBENCH_TEST_DEVICE_OF");
  BackendOptions options;
  options.modules = {"a=" + module_file("broken_starts_device"),
                     "b=" + module_file("broken_needs_device")};
  for (const FamilyState& state : open_backends(std::vector<std::string>{"a", "b"}, options))
    EXPECT_EQ(state.why_unavailable, "");
}

// Two libtorches in one process crash; one file of it serves two modules.
TEST(Modules, a_second_libtorch_is_refused) {
  BackendOptions options;
  options.modules = {"a=" + module_file("with_torch_1"), "b=" + module_file("with_torch_2"),
                     "c=" + module_file("with_torch_1")};
  const auto states = open_backends(std::vector<std::string>{"a", "b", "c"}, options);
  ASSERT_EQ(states.size(), 3u);
  EXPECT_EQ(states[0].why_unavailable, "");
  EXPECT_SAYS(states[1].why_unavailable, "brings a second libtorch_cpu (");
  EXPECT_SAYS(states[1].why_unavailable, "torch_1/libtorch_cpu.so");
  EXPECT_EQ(states[2].why_unavailable, "");
}

TEST(BrokenModule, missing_file) {
  EXPECT_EQ(open("mine", "./no_such.so").why_unavailable,
            "module mine (./no_such.so): No such file or directory; NAME=FILE wants a shared "
            "object's path");
}

TEST(BrokenModule, not_a_shared_object) {
  const std::string file = testing::TempDir() + "poolbench_not_a_module.so";
  std::ofstream(file) << "this is text, and longer than the header of a shared object is, so there";
  const std::string why = open("mine", file).why_unavailable;
  EXPECT_SAYS(why, "cannot be opened");
  EXPECT_SAYS(why, "invalid ELF header");
}

TEST(BrokenModule, refused_while_loading) {
  for (const auto& [name, reason] :
       {std::pair("no_entry", "has no function poolbench_open_module"),
        std::pair("old_version", "has version 99 of the module interface, this program has 2 to 4"),
        std::pair("null_table", "returned null"), std::pair("small_struct", "struct_bytes is 8"),
        std::pair("no_backends", "brings no backends and gives no reason"),
        std::pair("unavailable", "no such device in this machine"),
        std::pair("no_launch", "a backend's launch is null"),
        std::pair("bad_kernel_name", "kernel 0 is named 'a/b'"),
        std::pair("on_cuda", "works on substrate 'cuda', device '00112233"),
        std::pair("unresolved", "defined_nowhere"),
        std::pair("crash_at_load", "crashed while loading: signal 11 (Segmentation fault)"),
        std::pair("abort_at_load", "no licence for this library"),
        std::pair("crash_in_entry", "crashed while loading: signal 6 (Aborted)"),
        std::pair("exit_at_load", "ended the process while loading: exit status")})
    EXPECT_SAYS(why_unavailable(std::string("broken_") + name), reason);
}

TEST(BrokenModule, caught_while_running) {
  EXPECT_SAYS(broken_rule("broken_half"), "leaves element 48 of dst unwritten");
  EXPECT_SAYS(broken_rule("broken_nothing"), "leaves element 0 of dst unwritten");
  EXPECT_SAYS(broken_rule("broken_beyond"), "writes behind dst");
  EXPECT_SAYS(broken_rule("broken_changes_input"), "changes its input");
}

TEST(BrokenModule, errors_carry_the_modules_words) {
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:2");
  const auto src = filled(problem, FillKind::kUniform, 1);
  try {
    const FamilyState state = open("broken_launch_fails");
    run(*state.backends.at(0), problem, src);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "mine: the device fell off");
  }
  EXPECT_EQ(open("broken_refuses_silently").backends.at(0)->supports(problem).why_not,
            "mine: refused without a reason");
  try {
    open("broken_plan_fails").backends.at(0)->plan(problem);
    FAIL();
  } catch (const OutOfMemory& error) {
    EXPECT_STREQ(error.what(), "mine: plan returned 2 without a message");
  }
}

}  // namespace
}  // namespace poolbench
