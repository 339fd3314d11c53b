#include "bench/report/sources.h"

#include <algorithm>
#include <sstream>

#include "bench/select/suite.h"

namespace poolbench {
namespace {

// Sources in this order: real networks say more than what was made up.
constexpr std::string_view kFirst = "models";

std::string key_of(const Problem& problem, bool with_batch) {
  return to_text(problem.with([&](Description& description) {
    description.dtype = DType::kF32;
    description.layout = Layout::kChannelsFirst;
    if (!with_batch) description.n = 1;
  }));
}

}  // namespace

Sources::Sources() {
  std::vector<SuiteText> suites(embedded_suites().begin(), embedded_suites().end());
  std::ranges::stable_sort(suites, {}, [](const SuiteText& one) { return one.name != kFirst; });
  for (const SuiteText& suite : suites) add(suite.text);
}

// A comment is of the lines below it, until the next one.
void Sources::add(std::string_view suite) {
  std::istringstream lines{std::string(suite)};
  std::string comment;
  bool is_used = true;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) {
      comment.clear();
    } else if (line.starts_with("#")) {
      const std::string words = line.substr(std::min<size_t>(line.size(), 2));
      if (is_used) comment.clear();
      if (!comment.empty()) comment += ' ';
      comment += words;
      is_used = false;
    } else if (!comment.empty() && !line.starts_with("network ") && !line.starts_with("missing")) {
      is_used = true;
      const std::string problem = line.substr(0, line.find(' '));
      for (const Problem& one : expand_line(problem)) {
        comments_.try_emplace(key_of(one, true), comment);
        without_batch_.try_emplace(key_of(one, false), comment);
      }
    }
  }
}

std::string Sources::of(const Problem& problem) const {
  if (const auto found = comments_.find(key_of(problem, true)); found != comments_.end())
    return found->second;
  const auto found = without_batch_.find(key_of(problem, false));
  return found == without_batch_.end() ? "" : found->second;
}

}  // namespace poolbench
