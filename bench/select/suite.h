// Suites: text files of problems, built into the program or given by a user.
//
// One problem a line, in the text form of host/problem.h. `#` at the start of a line or after
// whitespace begins a comment, and the first comment line of a file describes it. A line may leave
// out type and layout, which the options then give, and may hold sweeps (see expand_sweep).
#ifndef POOLBENCH_BENCH_SELECT_SUITE_H_
#define POOLBENCH_BENCH_SELECT_SUITE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/problem.h"

namespace poolbench {

// Every combination of the line's sweeps, the leftmost varying slowest; a line without one is
// returned as it is. A sweep is a list of alternatives in braces. An alternative is any text
// without braces and commas, the empty one too, or a range of whole numbers, ends included:
//   k:{2x2,3x3,3x5}   {/p:1,/ceil,}   alternatives
//   {1..9} {1..9:+2}                  1, 2, ... 9 and 1, 3, ... 9
//   {14..224:*2}                      14, 28, ... 224
// Throws BadInput for braces that do not pair, ranges that do not run upwards and lines that come
// to more than kMaxSweep combinations.
std::vector<std::string> expand_sweep(std::string_view line);
constexpr size_t kMaxSweep = 100'000;

struct SuiteOptions {
  // The types and layouts for lines that leave them out. i32 is defined for max only, and applies
  // to those lines only.
  std::vector<DType> dtypes = {DType::kF32};
  std::vector<Layout> layouts = {Layout::kChannelsFirst};
  std::vector<int64_t> batches;  // each replaces n; none: as written
  // Leaves out problems whose src, dst and indices together are larger.
  std::optional<int64_t> max_bytes;
};

// Expands one line to its problems. Throws BadInput. May be empty, by max_bytes or for i32.
std::vector<Problem> expand_line(std::string_view line, const SuiteOptions& options = {});

// Reads the problems of a built-in suite or, if there is none of that name, of a file: in the order
// of the lines, without duplicates. Throws BadInput: with `bench/suites/edge.txt:12: ...` for a
// line, with the known names for an unknown suite, and for an empty one.
std::vector<Problem> read_suite(const std::string& name_or_file, const SuiteOptions& options = {});

// Drops all but the first of equal problems.
void drop_duplicates(std::vector<Problem>& problems);

// Bytes of src, dst and indices.
int64_t tensor_bytes(const Problem& problem);

struct SuiteInfo {
  std::string name;
  std::string description;  // the file's first comment line
};
std::vector<SuiteInfo> suite_names();  // built in, by name

// The files of bench/suites as they were at build time (bench/suites.cmake writes the definition).
struct SuiteText {
  std::string_view name;  // the file's, without .txt
  std::string_view text;
};
std::span<const SuiteText> embedded_suites();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_SUITE_H_
