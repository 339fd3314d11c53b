// What launches of the CUDA kernels ask of a device, counted by the emulator
// (kernels/cuda/emulator/counts.h).
//
//   poolbench_cuda_count [--plant N] [--partial] < lines
//
// A line: a kernel and a problem; what follows is left out. Prints the line with its counts, and
// comments as they are, so that tests/cuda_counts.txt goes in and comes out. --plant: sectors that
// each warp loads in vain. --partial: where only a part of warps gets to, a comment each.
#include <fmt/format.h>

#include <cstring>
#include <iostream>
#include <sstream>

#include "bench/time/traffic.h"
#include "host/backends/backends.h"
#include "host/fill.h"
#include "host/run.h"
#include "kernels/cuda/emulator/counts.h"

namespace poolbench {
namespace {

constexpr int64_t kSector = 32;

int64_t sectors(int64_t bytes) { return (bytes + kSector - 1) / kSector; }

cuda::LaunchCounts count(Backend& backend, const Problem& problem, const std::string& kernel,
                         int planted) {
  const auto plan = backend.plan(problem, kernel);
  const std::vector<std::byte> src = filled(problem, FillKind::kUniform, 1);
  const TensorSet set(backend.substrate(), problem, src.data(), plan->scratch_bytes());
  const cuda::CountLaunches counting(planted);
  plan->launch(set.tensors(), nullptr);
  return counting.counts();
}

void count_line(Backend& backend, const std::string& line, int planted, bool partial) {
  std::istringstream words(line);
  std::string kernel, text;
  if (!(words >> kernel >> text)) throw std::runtime_error("no kernel and problem: " + line);
  const Problem problem = parse_problem(text);
  const cuda::LaunchCounts c = count(backend, problem, kernel, planted);
  const Traffic least = compulsory_bytes(problem, kSector);
  std::cout << fmt::format(
      "{:<9} {:<72} {:>5} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}\n", kernel,
      text, c.warps, c.load_sectors, sectors(least.read), c.store_sectors, sectors(least.written),
      c.partial, c.shared, c.conflicts, c.shuffles, c.barriers, c.shared_bytes);
  if (!partial) return;
  for (const auto& [site, times] : c.partial_at)
    std::cout << "#   " << site << ' ' << times << '\n';
}

int count_all(int planted, bool partial) {
  const std::string names[] = {"cuda-emulated"};
  const auto families = open_backends(names, {});
  if (families.empty() || families.front().backends.empty()) {
    std::cerr << "poolbench_cuda_count: built without the emulator\n";
    return 5;
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty() || line[0] == '#')
      std::cout << line << '\n';
    else
      count_line(*families.front().backends.front(), line, planted, partial);
  }
  return 0;
}

}  // namespace
}  // namespace poolbench

int main(int count, char** arguments) {
  int planted = 0;
  bool partial = false;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--partial") == 0) {
      partial = true;
    } else if (std::strcmp(arguments[i], "--plant") == 0 && i + 1 < count) {
      planted = std::atoi(arguments[++i]);
    } else {
      std::cerr << "poolbench_cuda_count [--plant N] [--partial] < lines\n";
      return 4;
    }
  }
  try {
    return poolbench::count_all(planted, partial);
  } catch (const std::exception& error) {
    std::cerr << "poolbench_cuda_count: " << error.what() << '\n';
    return 3;
  }
}
