// Where a problem comes from: what the built-in suites say above its line.
#ifndef POOLBENCH_BENCH_REPORT_SOURCES_H_
#define POOLBENCH_BENCH_REPORT_SOURCES_H_

#include <map>
#include <string>

#include "host/problem.h"

namespace poolbench {

class Sources {
 public:
  Sources();
  // "ResNet-50 head (traced, torchvision)", whatever the type and the layout; nothing where no
  // suite has it. A problem with another batch than the suite's has its source too.
  std::string of(const Problem& problem) const;

 private:
  void add(std::string_view suite);

  std::map<std::string, std::string> comments_;  // by the problem's text as f32, channels first
  std::map<std::string, std::string> without_batch_;
};

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_REPORT_SOURCES_H_
