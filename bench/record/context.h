// Where and with what a run was made, and the parts of a record that check and bench share.
#ifndef POOLBENCH_BENCH_RECORD_CONTEXT_H_
#define POOLBENCH_BENCH_RECORD_CONTEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "host/compare.h"
#include "host/substrate.h"

namespace poolbench {

// How this program was built.
struct BuildInfo {
  std::string_view version;
  std::string_view commit;    // with "-dirty" where the tree had changes
  std::string_view compiler;  // name and version
  std::string_view flags;
  std::string_view build_type;
};
BuildInfo build_info();

// Google Benchmark's context fields, and ours beside them: `comparable` holds what forbids
// comparing two runs when it differs, `noted` what is only worth knowing.
nlohmann::json run_context();
nlohmann::json device_json(const Device& device);
nlohmann::json comparison_json(const Comparison& comparison);
// Null for what JSON cannot say: infinities and NaN.
nlohmann::json number_json(double value);

// The first line of a file in /proc or /sys, or empty.
std::string first_line_of(const std::string& path);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_CONTEXT_H_
