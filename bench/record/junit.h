// Writes JUnit XML for CI systems.
#ifndef POOLBENCH_BENCH_RECORD_JUNIT_H_
#define POOLBENCH_BENCH_RECORD_JUNIT_H_

#include <string>
#include <vector>

namespace poolbench {

struct JUnitCase {
  enum Result { kPassed, kFailed, kError, kSkipped };
  std::string classname, name;
  Result result;
  std::string message;
};
struct JUnitSuite {
  std::string name;
  std::vector<JUnitCase> cases;
};
std::string junit_xml(const std::vector<JUnitSuite>& suites);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_JUNIT_H_
