// Two commits of one module in one process: each runs its own code.
#include <gtest/gtest.h>

#include <algorithm>

#include "host/backends/backends.h"
#include "host/fill.h"
#include "host/run.h"
#include "host/unique_symbols.h"

namespace poolbench {
namespace {

std::string file_of(const std::string& module) {
  return std::string(POOLBENCH_TEST_MODULES) + "/" + module + ".so";
}

std::vector<FamilyState> open(const std::vector<std::string>& modules) {
  BackendOptions options;
  std::vector<std::string> names;
  for (const std::string& module : modules) {
    options.modules.push_back(module + "=" + file_of(module));
    names.push_back(module);
  }
  return open_backends(names, options);
}

float first_output(Backend& backend) {
  const Problem problem = parse_problem("max/sliding/f32/nchw/src:1x1x4x4/k:2x2");
  const auto src = filled(problem, FillKind::kUniform, 1);
  const auto plan = backend.plan(problem);
  const Outcome outcome = run_checked(*plan, backend.substrate(), problem, src.data());
  return *reinterpret_cast<const float*>(outcome.dst());
}

TEST(TwoCommits, a_constant_that_was_edited_in_head_is_heads_alone) {
  for (const auto& order : {std::vector<std::string>{"edited_7", "edited_8"},
                            std::vector<std::string>{"edited_8", "edited_7"}}) {
    const auto states = open(order);
    ASSERT_EQ(states.size(), 2u);
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_EQ(states[i].why_unavailable, "");
      EXPECT_EQ(first_output(*states[i].backends.at(0)), order[i] == "edited_7" ? 7 : 8);
    }
  }
}

TEST(TwoCommits, a_module_with_gnu_unique_symbols_is_refused_with_the_reason) {
  const auto unique = unique_symbols(file_of("gnu_unique"));
  if (unique.empty()) GTEST_SKIP() << "this compiler makes none";
  EXPECT_TRUE(std::ranges::any_of(unique, [](const std::string& symbol) {
    return symbol.find("edited_constant") != std::string::npos;
  }));
  const auto states = open({"gnu_unique"});
  EXPECT_TRUE(states.at(0).backends.empty());
  EXPECT_NE(states[0].why_unavailable.find("GNU-unique symbols, such as "), std::string::npos)
      << states[0].why_unavailable;
}

TEST(TwoCommits, what_is_no_module_has_no_symbols) {
  EXPECT_TRUE(unique_symbols("/nowhere").empty());
  EXPECT_TRUE(unique_symbols("/proc/self/cmdline").empty());
  EXPECT_TRUE(unique_symbols(file_of("edited_7")).empty());
}

}  // namespace
}  // namespace poolbench
