// Checks the #include lines against the arrows bench -> host -> kernels:
//   kernels/   itself, the toolchain's headers and the device APIs
//   host/      itself and kernels/; each API and each peer library only in its own files
//   bench/     all three; inside it the rooms in the order of kBenchRooms
//   tests/     anything; nothing includes tests/
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace poolbench {
namespace {

namespace fs = std::filesystem;

std::string top(const std::string& path) { return path.substr(0, path.find('/')); }

// Headers of one API or library, and the files that may include them.
struct Owned {
  const char* header;  // regular expressions that match the whole
  const char* files;
  const char* why;
};
constexpr Owned kOwned[] = {
    {"cuda.*|cooperative_groups.*|cub/.*|mma\\.h",
     "kernels/cuda/.*|host/substrates/cuda.*|host/backends/cuda.*|kernels/set\\.h|host/peers/.*|"
     "tests/(fake_)?cuda.*",
     "CUDA belongs to its own family"},
    {"nvtx3/.*", "host/substrates/nvtx\\.cpp|tests/.*", "ranges have one interface"},
    {"vulkan/.*",
     "kernels/vulkan/.*|host/substrates/vulkan.*|host/backends/vulkan.*|tests/vulkan_.*",
     "Vulkan belongs to its own family"},
    {"benchmark/.*", "bench/.*", "Google Benchmark is the program's"},
    {"CLI/.*", "bench/.*", "the command line is the program's"},
    {"nlohmann/.*", "bench/.*|tests/.*", "JSON is the program's"},
    {"sqlite3\\.h", "bench/history/sqlite\\.cpp", "the database has one interface"},
    {"gtest/.*|gmock/.*", "tests/.*", "GoogleTest belongs to tests/"},
    {"boost/.*|sanitizer/.*", "kernels/cuda/emulator/.*", "fibers are the emulator's"},
    {"omp\\.h", "kernels/openmp/.*|kernels/cuda/emulator/.*|host/.*|bench/.*|tests/.*",
     "teams belong to the openmp family"},
    {"(one)?dnn.*|oneapi/.*|onnxruntime.*|ATen/.*|torch/.*|c10/.*|cudnn.*|xnnpack.*|miopen/.*|"
     "ggml.*|opencv2/.*|hip/.*|sycl/.*",
     "host/peers/.*|tests/.*", "a peer's headers stand in its own file under host/peers/"},
    {"fmt/.*", "host/.*|bench/.*|tests/.*", "kernels do not print"},
};

// The rooms of bench/, lowest first. Each includes only itself and those before it. All of them
// share the headers in bench/ itself; poolbench.cpp stands above all of them.
constexpr const char* kBenchRooms[] = {"select",  "judge",  "time",      "race",     "record",
                                       "history", "report", "supervise", "commands", "gate"};

// The floor of a file of bench/.
size_t floor_of(const std::string& path) {
  if (path == "bench/poolbench.cpp") return std::size(kBenchRooms) + 1;
  for (size_t i = 0; i < std::size(kBenchRooms); ++i)
    if (path.rfind(std::string("bench/") + kBenchRooms[i] + "/", 0) == 0) return i + 1;
  return 0;
}

// Returns why `file` may not include `header`, or nothing. `quoted`: written with "".
std::optional<std::string> forbidden(const std::string& file, const std::string& header,
                                     bool quoted) {
  const std::string from = top(file), to = top(header);
  if (to == "tests" && from != "tests") return "nothing includes tests/";
  const std::set<std::string> rooms = {"kernels", "host", "bench", "tests"};
  if (rooms.count(to) != 0) {
    if (!quoted) return "the project's own headers are included with \"\"";
    if (from == "kernels" && to != "kernels") return "kernels/ includes only itself";
    if (from == "host" && to == "bench") return "host/ does not know bench/";
    if (from == "bench" && to == "bench" && floor_of(header) > floor_of(file))
      return "the rooms of bench/ know only those below them";
    return std::nullopt;
  }
  for (const Owned& owned : kOwned)
    if (std::regex_match(header, std::regex(owned.header)) &&
        !std::regex_match(file, std::regex(owned.files)))
      return owned.why;
  // Standard, processor and system headers stand in no folder but sys/.
  const bool toolchain = !quoted && (header.find('/') == std::string::npos || to == "sys");
  const bool known = std::any_of(std::begin(kOwned), std::end(kOwned), [&](const Owned& owned) {
    return std::regex_match(header, std::regex(owned.header));
  });
  if (from == "kernels" && !toolchain && !known)
    return "kernels/ includes itself, the toolchain and its device's API, by full path";
  return std::nullopt;
}

struct Include {
  std::string header;
  bool quoted;
  int line;
};

std::vector<Include> includes_in(std::istream& text) {
  static const std::regex kLine(R"re(\s*#\s*include\s*(["<])([^">]+)[">].*)re");
  std::vector<Include> found;
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    std::smatch match;
    if (std::regex_match(line, match, kLine)) found.push_back({match[2], match[1] == "\"", number});
  }
  return found;
}

bool is_source(const fs::path& path) {
  static const std::set<std::string> kExtensions = {".h",  ".hpp", ".cpp", ".cc",   ".c",
                                                    ".cu", ".cuh", ".inc", ".comp", ".glsl"};
  return kExtensions.count(path.extension().string()) != 0;
}

TEST(IncludeRule, arrows_hold_in_the_whole_tree) {
  const fs::path root = POOLBENCH_SOURCE_DIR;
  int files = 0, includes = 0;
  for (const char* room : {"kernels", "host", "bench", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(root / room)) {
      if (!entry.is_regular_file() || !is_source(entry.path())) continue;
      ++files;
      const std::string file = entry.path().lexically_relative(root).generic_string();
      std::ifstream text(entry.path());
      for (const Include& include : includes_in(text)) {
        ++includes;
        if (const auto why = forbidden(file, include.header, include.quoted))
          ADD_FAILURE() << file << ':' << include.line << " includes " << include.header << ": "
                        << *why;
      }
    }
  EXPECT_GT(files, 40);
  EXPECT_GT(includes, 150);
}

TEST(IncludeRule, finds_what_is_forbidden) {
  const struct {
    const char *file, *header;
    bool quoted, allowed;
  } rows[] = {
      {"kernels/naive/naive.cpp", "kernels/axes.h", true, true},
      {"kernels/naive/naive.cpp", "host/problem.h", true, false},
      {"kernels/naive/naive.cpp", "bench/select/suite.h", true, false},
      {"kernels/naive/naive.cpp", "naive.h", true, false},
      {"kernels/naive/naive.cpp", "fmt/format.h", false, false},
      {"kernels/naive/naive.cpp", "omp.h", false, false},
      {"kernels/openmp/openmp.cpp", "omp.h", false, true},
      {"kernels/openmp/openmp.cpp", "immintrin.h", false, true},
      {"kernels/cuda/table.cuh", "cuda_fp16.h", false, true},
      {"kernels/vulkan/table.comp", "kernels/pool_args.h", true, true},
      {"host/run.cpp", "kernels/types.h", true, true},
      {"host/run.cpp", "host/run.h", true, true},
      {"host/run.cpp", "bench/select/suite.h", true, false},
      {"host/run.cpp", "tests/support.h", true, false},
      {"host/run.cpp", "cuda_runtime.h", false, false},
      {"host/run.cpp", "vulkan/vulkan.h", false, false},
      {"host/run.cpp", "dnnl.hpp", false, false},
      {"host/run.cpp", "benchmark/benchmark.h", false, false},
      {"host/run.cpp", "host/run.h", false, false},
      {"host/substrates/cuda.cpp", "cuda_runtime.h", false, true},
      {"host/peers/onednn.cpp", "oneapi/dnnl/dnnl.hpp", false, true},
      {"host/lower.cpp", "oneapi/dnnl/dnnl.hpp", false, false},
      {"bench/commands/list.cpp", "kernels/types.h", true, true},
      {"bench/commands/list.cpp", "benchmark/benchmark.h", false, true},
      {"bench/commands/list.cpp", "tests/support.h", true, false},
      {"bench/commands/list.cpp", "gtest/gtest.h", false, false},
      {"bench/time/measure.cpp", "bench/judge/verify.h", true, true},
      {"bench/judge/verify.cpp", "bench/text.h", true, true},
      {"bench/judge/verify.cpp", "bench/report/table.h", true, false},
      {"bench/text.h", "bench/select/suite.h", true, false},
      {"bench/poolbench.cpp", "bench/commands/command.h", true, true},
      {"tests/run_test.cpp", "bench/select/suite.h", true, true},
  };
  for (const auto& row : rows)
    EXPECT_EQ(!forbidden(row.file, row.header, row.quoted), row.allowed)
        << row.file << " includes " << row.header;
}

TEST(IncludeRule, reads_include_lines_as_they_are_written) {
  std::istringstream text(
      "#include \"a/b.h\"\n  # include <c>  // why\n#if X\n#  include \"d.h\"\n// #include "
      "\"e.h\"\n"
      "include \"f.h\"\n");
  std::vector<std::string> headers;
  for (const Include& include : includes_in(text))
    headers.push_back(fmt::format("{}:{}", include.line, include.header));
  EXPECT_EQ(headers, (std::vector<std::string>{"1:a/b.h", "2:c", "4:d.h"}));
}

}  // namespace
}  // namespace poolbench
