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

// What std::regex itself does not survive: libstdc++ overflows on the number of a back-reference or
// of a repetition, and takes a stack frame for each open bracket.
constexpr std::size_t kMaxCharacters = 4096;
constexpr std::size_t kMaxDigits = 9;
const std::string& survivable(std::string_view flag, const std::string& pattern) {
  if (pattern.size() > kMaxCharacters)
    throw BadInput(fmt::format("{}: a regular expression of {} characters; at most {} are read",
                               flag, pattern.size(), kMaxCharacters));
  std::size_t digits = 0;
  bool counts = false;  // The digits read say how often, or which group.
  for (const char c : pattern) {
    const bool digit = c >= '0' && c <= '9';
    digits = digit ? digits + 1 : 0;
    if (!digit) counts = c == '\\' || c == '{' || c == ',';
    if (counts && digits > kMaxDigits)
      throw BadInput(
          fmt::format("{}: '{}' is not a regular expression: a number of more than {} digits", flag,
                      pattern, kMaxDigits));
  }
  return pattern;
}

}  // namespace

Pattern::Pattern(std::string_view flag, const std::string& pattern) try
    : all_(pattern.empty()), regex_(survivable(flag, pattern), kGrammar) {
} catch (const std::regex_error& error) {
  throw BadInput(
      fmt::format("{}: '{}' is not a regular expression: {}", flag, pattern, error.what()));
}

}  // namespace poolbench
