#include "bench/judge/dump.h"

#include <fmt/format.h>

#include <filesystem>

#include "bench/judge/arrays.h"
#include "host/answer.h"
#include "host/file.h"

namespace poolbench {
namespace {

void write_outputs(const std::string& path, const Problem& problem, const Outputs& outputs) {
  write_dst(path + ".npy", problem, outputs[Role::kDst]);
  if (problem.spec().indices)
    write_indices(path + "_indices.npy", problem, outputs[Role::kIndices]);
}

}  // namespace

void make_dump_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw BadInput(fmt::format("--dump: {}: {}", folder, error.message()));
  check_writable(folder + "/input.npy");
}

void dump(const std::string& folder, const Problem& problem, const std::vector<std::byte>& src,
          const Outputs* outputs, const std::string& line) {
  make_dump_folder(folder);
  write_src(folder + "/input.npy", problem, src);
  if (outputs != nullptr) write_outputs(folder + "/output", problem, *outputs);
  write_file(folder + "/repeat.txt", line + "\n");
}

void dump_expected(const std::string& folder, const Problem& problem) {
  const std::vector<std::byte> src = read_src(folder + "/input.npy", problem);
  write_outputs(folder + "/expected", problem, answer(problem, src.data()));
}

}  // namespace poolbench
