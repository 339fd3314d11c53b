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

std::string suite_xml(const JUnitSuite& suite) {
  const auto count = [&](JUnitCase::Result result) {
    return std::ranges::count(suite.cases, result, &JUnitCase::result);
  };
  std::string xml = fmt::format(
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
      escaped(suite.name), suite.cases.size(), count(JUnitCase::kFailed), count(JUnitCase::kError),
      count(JUnitCase::kSkipped));
  constexpr const char* kTags[] = {"", "failure", "error", "skipped"};
  for (const JUnitCase& c : suite.cases) {
    xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\"", escaped(c.classname),
                       escaped(c.name));
    xml += c.result == JUnitCase::kPassed ? "/>\n"
                                          : fmt::format("><{} message=\"{}\"/></testcase>\n",
                                                        kTags[c.result], escaped(c.message));
  }
  return xml + "</testsuite>\n";
}

}  // namespace

std::string junit_xml(const std::vector<JUnitSuite>& suites) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const JUnitSuite& suite : suites) xml += suite_xml(suite);
  return xml + "</testsuites>\n";
}

}  // namespace poolbench
