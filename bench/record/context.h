// The context of a run (machine, build, versions), which check and bench write into their files.
#ifndef POOLBENCH_BENCH_RECORD_CONTEXT_H_
#define POOLBENCH_BENCH_RECORD_CONTEXT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "host/backends/backends.h"
#include "host/compare.h"
#include "host/substrate.h"

namespace poolbench {

// Of the records that this program writes, and the newest that it reads
// (results/record.schema.json).
inline constexpr int kSchema = 1, kSchemaMinor = 4;

// How this program was built.
struct BuildInfo {
  std::string_view version;
  std::string_view commit;       // "-dirty" at the end: with uncommitted changes
  std::string_view commit_date;  // empty where nobody knows
  std::string_view compiler;     // name and version
  std::string_view flags;
  std::string_view build_type;
};
BuildInfo build_info();
// The version of the library that a peer was built with; empty where it tells none, and for
// backends that are no peers.
std::string_view peer_version(std::string_view backend);

// Google Benchmark's context fields and ours. `comparable`: runs that differ in it may not be
// compared. `noted`: worth knowing, no more. `modules`: where the code of those among `families`
// comes from.
nlohmann::json run_context(std::span<const FamilyState> families = {});
// By module: the files that it has mapped so far, with their build ids. To be merged into the
// context's `modules`.
nlohmann::json mapped_json(std::span<const FamilyState> families);
nlohmann::json device_json(const Device& device);
nlohmann::json comparison_json(const Comparison& comparison);
// Returns null for infinities and NaN, which JSON cannot express.
nlohmann::json number_json(double value);

// Returns the first line of a file in /proc or /sys, or nothing.
std::string first_line_of(const std::string& path);

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_RECORD_CONTEXT_H_
