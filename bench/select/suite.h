// Suites: text files of problems, built into the program or given by the user.
//
// A suite holds one problem a line, in the text form of host/problem.h. `#` begins a comment at the
// start of a line or after whitespace; the first line of a file is a comment that describes it. A
// line may leave type and layout to the options, and may contain sweeps (see expand_sweep). Lines
// may be the layers of a network (network.h).
#ifndef POOLBENCH_BENCH_SELECT_SUITE_H_
#define POOLBENCH_BENCH_SELECT_SUITE_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/select/network.h"

namespace poolbench {

// Returns every combination of the line's sweeps; the leftmost sweep varies slowest. A sweep is a
// list of alternatives in braces. An alternative is text without braces and commas, possibly empty,
// or a range of whole numbers that includes both ends:
//   k:{2x2,3x3,3x5}   {/p:1,/ceil,}   alternatives
//   {1..9} {1..9:+2}                  1, 2, ... 9 and 1, 3, ... 9
//   {14..224:*2}                      14, 28, ... 224
// Throws BadInput for unbalanced braces, for ranges that do not run upwards and for more than
// kMaxSweep combinations.
std::vector<std::string> expand_sweep(std::string_view line);
constexpr size_t kMaxSweep = 100'000;

struct SuiteOptions {
  // The types and layouts for lines that leave them out. Integers wider than a byte are defined
  // for max and min only, and apply to those lines only.
  std::vector<DType> dtypes = {DType::kF32};
  std::vector<Layout> layouts = {Layout::kChannelsFirst};
  std::vector<int64_t> batches;  // replace n; empty: as written
  // Skips problems whose tensors together are larger.
  std::optional<int64_t> max_bytes;
};

// Expands one line to its problems. Throws BadInput. May be empty, by max_bytes or by the type.
std::vector<Problem> expand_line(std::string_view line, const SuiteOptions& options = {});

// Reads the problems of a built-in suite or, if there is none of that name, of a file: in the order
// of the lines, without duplicates. Throws BadInput: with `bench/suites/edge.txt:12: ...` for a
// line, with the known names for an unknown suite, and for an empty one. Adds its networks to
// `networks`: for more than one type, layout or batch one for each that differs, named by it.
std::vector<Problem> read_suite(const std::string& name_or_file, const SuiteOptions& options = {},
                                std::vector<Network>* networks = nullptr);

// Keeps only the first of equal problems.
void drop_duplicates(std::vector<Problem>& problems);

struct SuiteInfo {
  std::string name;
  std::string description;  // the file's first comment line
};
std::vector<SuiteInfo> suite_names();  // built in, by name

// The files of bench/suites at build time. bench/suites.cmake writes the definition.
struct SuiteText {
  std::string_view name;  // the file's name without .txt
  std::string_view text;
};
std::span<const SuiteText> embedded_suites();

}  // namespace poolbench

#endif  // POOLBENCH_BENCH_SELECT_SUITE_H_
