#include "bench/record/junit.h"

#include <fmt/format.h>

#include <algorithm>

namespace poolbench {
namespace {

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

std::string junit_xml(const std::string& suite, const std::vector<JUnitCase>& cases) {
  const auto count = [&](JUnitCase::Result result) {
    return std::count_if(cases.begin(), cases.end(),
                         [&](const JUnitCase& c) { return c.result == result; });
  };
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
      escaped(suite), cases.size(), count(JUnitCase::kFailed), count(JUnitCase::kError),
      count(JUnitCase::kSkipped));
  constexpr const char* kTags[] = {"", "failure", "error", "skipped"};
  for (const JUnitCase& c : cases) {
    xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\"", escaped(c.classname),
                       escaped(c.name));
    xml += c.result == JUnitCase::kPassed ? "/>\n"
                                          : fmt::format("><{} message=\"{}\"/></testcase>\n",
                                                        kTags[c.result], escaped(c.message));
  }
  return xml + "</testsuite>\n";
}

}  // namespace poolbench
