#include "bench/select/pattern.h"

#include <fmt/format.h>

#include "host/problem.h"

namespace poolbench {

namespace {

// libstdc++ backtracks else, and "(a*)*b" takes for ever. Without back-references it need not.
#ifdef __GLIBCXX__
constexpr auto kGrammar = std::regex::ECMAScript | std::regex_constants::__polynomial;
#else
constexpr auto kGrammar = std::regex::ECMAScript;
#endif

}  // namespace

Pattern::Pattern(std::string_view flag, const std::string& pattern) try
    : all_(pattern.empty()), regex_(pattern, kGrammar) {
} catch (const std::regex_error& error) {
  throw BadInput(
      fmt::format("{}: '{}' is not a regular expression: {}", flag, pattern, error.what()));
}

}  // namespace poolbench
