// Where code in this process comes from.
#include "host/loaded.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/backends/backends.h"

namespace poolbench {
namespace {

using testing::Contains;
using testing::Not;

std::string module_file(const std::string& name) {
  return std::string(POOLBENCH_TEST_MODULES) + "/" + name + ".so";
}

FamilyState open(const std::string& name) {
  BackendOptions options;
  options.modules = {"m=" + module_file(name)};
  auto states = open_backends(std::vector<std::string>{"m"}, options);
  EXPECT_EQ(states.at(0).why_unavailable, "");
  return std::move(states.at(0));
}

std::vector<std::string> names(const std::map<std::string, LoadedFile>& files) {
  std::vector<std::string> names;
  for (const auto& [path, file] : files)
    names.push_back(std::filesystem::path(path).filename().string());
  return names;
}

TEST(LoadedFiles, are_those_of_this_program) {
  const auto files = loaded_files();
  EXPECT_THAT(names(files), Contains("loaded_test"));
  EXPECT_THAT(names(files), Contains("libc.so.6"));
  EXPECT_THAT(own_file().needs, Contains("libc.so.6"));
  EXPECT_EQ(own_file().build_id, "1d2d3d");  // tests/CMakeLists.txt
}

TEST(Origin, is_the_modules_file_with_the_id_that_it_was_linked_with) {
  const FamilyState state = open("example");
  ASSERT_NE(state.origin, nullptr);
  EXPECT_EQ(state.origin->file, std::filesystem::canonical(module_file("example")).string());
  EXPECT_EQ(state.origin->object.build_id, "706f6f6c62656e6368");  // tests/CMakeLists.txt
  EXPECT_THAT(state.origin->object.needs, Contains("libc.so.6"));
  EXPECT_THAT(names(state.origin->brought), Not(Contains("example.so"))) << "that is its file";
  EXPECT_THAT(names(state.origin->brought), Not(Contains("libc.so.6"))) << "that was here";
}

TEST(Origin, has_the_libraries_that_came_with_the_module) {
  const FamilyState state = open("with_torch_1");
  ASSERT_NE(state.origin, nullptr);
  EXPECT_EQ(state.origin->object.build_id, "");  // linked without
  EXPECT_THAT(state.origin->object.needs, Contains("libtorch_cpu.so.1"));
  const auto torch = std::ranges::find_if(state.origin->brought, [](const auto& file) {
    return file.first.ends_with("torch_1/libtorch_cpu.so.1");
  });
  ASSERT_NE(torch, state.origin->brought.end());
  EXPECT_EQ(torch->second.build_id, "70f1");
}

TEST(Origin, has_the_files_that_the_first_plan_maps_and_no_later_ones) {
  const auto mapped = [](const std::string& name) {
    const std::string path = std::filesystem::canonical(testing::TempDir()).string() + "/" + name;
    std::ofstream(path) << "weights";
    setenv("POOLBENCH_TEST_FILE", path.c_str(), 1);
    return path;
  };
  const FamilyState state = open("broken_maps_in_plan");
  ASSERT_NE(state.origin, nullptr);
  const auto& brought = state.origin->brought;
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:2x2");
  const std::string first = mapped("loaded_test_first");
  EXPECT_FALSE(brought.contains(first));
  state.backends.at(0)->plan(problem);
  ASSERT_TRUE(brought.contains(first));
  EXPECT_EQ(brought.at(first).build_id, "");
  const std::string second = mapped("loaded_test_second");
  state.backends.at(0)->plan(problem);
  EXPECT_FALSE(brought.contains(second));
}

TEST(Origin, is_nothing_for_what_is_no_module) {
  const auto states = open_backends(std::vector<std::string>{"naive"}, {});
  EXPECT_EQ(states.at(0).origin, nullptr);
}

}  // namespace
}  // namespace poolbench
