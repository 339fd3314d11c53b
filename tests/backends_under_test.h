// Registers tests on all backends: each backend is opened once, and a family that cannot start here
// becomes a skipped test with the reason.
#ifndef POOLBENCH_TESTS_BACKENDS_UNDER_TEST_H_
#define POOLBENCH_TESTS_BACKENDS_UNDER_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "host/backends/backends.h"

namespace poolbench {

// Families that must start: those that need no device (unless an instruction set is forced, which
// the processor may lack), and those that the environment names, as in
// POOLBENCH_REQUIRE=cuda,vulkan.
inline bool is_required(const std::string& family) {
  if (family == "naive") return true;
  if (family == "openmp" && std::getenv("POOLBENCH_ISA") == nullptr) return true;
  const char* names = std::getenv("POOLBENCH_REQUIRE");
  std::istringstream list(names != nullptr ? names : "");
  for (std::string name; std::getline(list, name, ',');)
    if (name == family) return true;
  return false;
}

inline std::vector<FamilyState>& families() {
  static std::vector<FamilyState> states = [] {
    // Mesa's shader cache ignores the vector width, and would return shaders of another width.
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 0);
    return open_backends({}, {});
  }();
  return states;
}

// Registers a function as a test. In `suite` and `name`, characters that mean something to gtest's
// filter become underscores.
inline void register_test(std::string suite, std::string name, std::function<void()> body) {
  struct Test : testing::Test {
    explicit Test(std::function<void()> b) : body(std::move(b)) {}
    void TestBody() override { body(); }
    std::function<void()> body;
  };
  for (std::string* text : {&suite, &name})
    std::replace_if(
        text->begin(), text->end(), [](char c) { return !std::isalnum(c); }, '_');
  testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [body = std::move(body)]() -> testing::Test* { return new Test(body); });
}

// Calls register_for(backend) for every backend there is, and registers a test named `available`
// for every family: skipped where the family cannot start and is not required.
inline void register_for_all(const std::function<void(Backend&)>& register_for) {
  for (const FamilyState& state : families()) {
    register_test(state.family, "available", [&state] {
      if (!state.backends.empty()) return;
      ASSERT_FALSE(state.why_unavailable.empty()) << state.family << " does not say why";
      if (is_required(state.family))
        FAIL() << state.family << " is required, but " << state.why_unavailable;
      GTEST_SKIP() << state.family << ": " << state.why_unavailable;
    });
    for (const auto& backend : state.backends) register_for(*backend);
  }
  register_test("require", "names_known_families", [] {
    const char* names = std::getenv("POOLBENCH_REQUIRE");
    std::istringstream list(names != nullptr ? names : "");
    for (std::string name; std::getline(list, name, ',');)
      EXPECT_TRUE(std::any_of(families().begin(), families().end(),
                              [&](const FamilyState& s) { return s.family == name; }))
          << "POOLBENCH_REQUIRE names '" << name << "', which is no family";
  });
}

}  // namespace poolbench

#endif  // POOLBENCH_TESTS_BACKENDS_UNDER_TEST_H_
