// Compares what each kernel takes with tests/coverage.txt, so that coverage neither shrinks nor
// grows unnoticed. After an intended change:
//
//   POOLBENCH_UPDATE_COVERAGE=1 ./coverage_test
//
// Families that cannot start here are not compared, and keep their lines in the file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/backends_under_test.h"
#include "tests/problem_grid.h"

namespace poolbench {
namespace {

constexpr const char* kHeader =
    "# Which kernel takes what. Written by coverage_test with POOLBENCH_UPDATE_COVERAGE=1.\n"
    "#\n"
    "# A line: reductions, windowings, and for each type the layouts and ranks that are taken:\n"
    "# all, nothing (-), or nchw and nhwc with ranks, as in nchw:12,nhwc:123.\n";
// The layouts and ranks that a kernel takes for one (reduction, windowing, type).
std::string cell(const Backend& backend, const std::string& kernel, const GridRow& reduction,
                 const GridRow& windowing, DType dtype) {
  std::vector<std::string> layouts;
  size_t taken = 0;
  for (const Layout layout : kGridLayouts) {
    std::string ranks;
    for (int rank = 1; rank <= kGridRanks; ++rank)
      if (backend.supports(grid_problem(reduction, windowing, dtype, layout, rank), kernel))
        ranks += std::to_string(rank);
    taken += ranks.size();
    if (!ranks.empty()) layouts.push_back(fmt::format("{}:{}", token(layout), ranks));
  }
  if (taken == 6) return "all";
  return layouts.empty() ? "-" : fmt::format("{}", fmt::join(layouts, ","));
}

// Groups names that have the same answer, in order of first appearance.
class Groups {
 public:
  void add(const std::string& name, const std::string& value) {
    for (auto& [names, known] : groups_)
      if (known == value) return names.push_back(name);
    groups_.push_back({{name}, value});
  }
  const auto& all() const { return groups_; }

 private:
  std::vector<std::pair<std::vector<std::string>, std::string>> groups_;
};

// The lines of one kernel: reductions with the same answers share them, and so do windowings.
std::string table(const Backend& backend, const std::string& kernel) {
  Groups reductions;
  for (const GridRow& reduction : kGridReductions) {
    Groups windowings;
    for (const GridRow& windowing : kGridWindowings) {
      std::vector<std::string> cells;
      kEveryType.for_each([&](DType dtype) {
        if (in_grid(reduction, dtype))
          cells.push_back(fmt::format("{} {}", token(dtype),
                                      cell(backend, kernel, reduction, windowing, dtype)));
      });
      windowings.add(windowing.name, fmt::format("{}", fmt::join(cells, "  ")));
    }
    std::string lines;
    for (const auto& [names, cells] : windowings.all())
      lines += fmt::format("    {}\n      {}\n",
                           names.size() == std::size(kGridWindowings)
                               ? "everything"
                               : fmt::format("{}", fmt::join(names, " ")),
                           cells);
    reductions.add(reduction.name, lines);
  }
  std::string text;
  for (const auto& [names, lines] : reductions.all())
    text += fmt::format("  {}\n{}", fmt::join(names, " "), lines);
  return text;
}

using Tables = std::vector<std::pair<std::string, std::string>>;  // family.kernel, its lines

std::string path() { return POOLBENCH_SOURCE_DIR "/tests/coverage.txt"; }

Tables read_file() {
  std::ifstream file(path());
  Tables tables;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ')
      tables.push_back({line, ""});
    else if (!tables.empty())
      tables.back().second += line + "\n";
  }
  return tables;
}

std::string family_of(const std::string& kernel) { return kernel.substr(0, kernel.find('.')); }

// The first backend of each family. CUDA's lines come from the emulator, which has the same
// kernels, and Vulkan's from the software driver, since GPUs differ in the types that they have.
struct Live {
  Tables tables;
  std::vector<std::string> families, left_out;
};
Live live() {
  Live live;
  for (const FamilyState& state : families()) {
    if (state.backends.empty()) {
      live.left_out.push_back(fmt::format("{} ({})", state.family, state.why_unavailable));
      EXPECT_FALSE(is_required(state.family)) << "required, but not here: " << live.left_out.back();
      continue;
    }
    if (state.family == "cuda") {
      live.left_out.push_back("cuda (its kernels are cuda-emulated's)");
      continue;
    }
    const Backend& backend = *state.backends.front();
    const Device& device = backend.substrate().device();
    if (device.substrate == "vulkan" && device.uuid != "host") {
      live.left_out.push_back(
          fmt::format("{} ({} is no software driver)", state.family, device.name));
      continue;
    }
    live.families.push_back(state.family);
    for (const KernelInfo& kernel : backend.kernels())
      live.tables.push_back({state.family + "." + kernel.name, table(backend, kernel.name)});
  }
  return live;
}

std::string find(const Tables& tables, const std::string& kernel) {
  for (const auto& [name, lines] : tables)
    if (name == kernel) return lines;
  return {};
}

void update(const Live& now, const Tables& before) {
  std::ofstream file(path());
  file << kHeader;
  for (const FamilyState& state : families()) {
    const bool here = std::count(now.families.begin(), now.families.end(), state.family) > 0;
    for (const auto& [name, lines] : here ? now.tables : before)
      if (family_of(name) == state.family) file << '\n' << name << '\n' << lines;
  }
  ASSERT_TRUE(file.flush()) << "cannot write " << path();
}

TEST(Coverage, is_what_the_file_says) {
  const Live now = live();
  const Tables before = read_file();
  for (const auto& family : now.left_out) std::cout << "not compared: " << family << '\n';
  if (std::getenv("POOLBENCH_UPDATE_COVERAGE") != nullptr) return update(now, before);

  const char* hint = "\nif this is wanted: POOLBENCH_UPDATE_COVERAGE=1 ./coverage_test";
  for (const auto& [kernel, lines] : now.tables)
    EXPECT_EQ(lines, find(before, kernel))
        << kernel << " takes something else than " << path() << " says (first: now)" << hint;
  for (const auto& [kernel, lines] : before)
    EXPECT_TRUE(std::count(now.families.begin(), now.families.end(), family_of(kernel)) == 0 ||
                !find(now.tables, kernel).empty())
        << kernel << " is in " << path() << " and is gone" << hint;
}

}  // namespace
}  // namespace poolbench
