// Regular expressions given as flags.
#ifndef POOLBENCH_BENCH_SELECT_PATTERN_H_
#define POOLBENCH_BENCH_SELECT_PATTERN_H_

#include <regex>
#include <string>
#include <string_view>

namespace poolbench {

// Matches text that contains the pattern; an empty pattern matches everything.
class Pattern {
 public:
  // Throws BadInput that names the flag.
  Pattern(std::string_view flag, const std::string& pattern);
  bool matches(const std::string& text) const { return all_ || std::regex_search(text, regex_); }

 private:
  bool all_;
  std::regex regex_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_PATTERN_H_
