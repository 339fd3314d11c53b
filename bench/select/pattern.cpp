#include "bench/select/pattern.h"

#include <fmt/format.h>

#include "host/problem.h"

namespace poolbench {

Pattern::Pattern(std::string_view flag, const std::string& pattern) try
    : all_(pattern.empty()), regex_(pattern) {
} catch (const std::regex_error& error) {
  throw BadInput(
      fmt::format("{}: '{}' is not a regular expression: {}", flag, pattern, error.what()));
}

}  // namespace poolbench
