// poolbench record add: records into a database.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "bench/commands/record.h"
#include "bench/history/store.h"

namespace poolbench {
namespace {

namespace fs = std::filesystem;

struct Flags {
  std::string database;
  std::vector<std::string> paths;
};

// The files; of a folder all *.json below it, in the order of their names.
std::vector<std::string> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code failed;
    if (!fs::is_directory(path, failed)) {
      files.push_back(path);
      continue;
    }
    const auto first = std::ptrdiff_t(files.size());
    for (const auto& entry : fs::recursive_directory_iterator(path, failed))
      if (entry.is_regular_file() && entry.path().extension() == ".json")
        files.push_back(entry.path().string());
    if (failed) throw BadInput(fmt::format("{}: {}", path, failed.message()));
    std::sort(files.begin() + first, files.end());
  }
  return files;
}

ExitStatus add(const Flags& flags) {
  const std::vector<std::string> files = files_of(flags.paths);
  if (files.empty()) return nothing_ran("no *.json is in what was named");
  Store store(flags.database, Database::kMake);
  size_t records = 0, rows = 0, known = 0, refused = 0;
  for (const std::string& file : files) {
    try {
      if (const auto added = store.add(read_record(file)))
        ++records, rows += *added;
      else
        ++known;
    } catch (const BadInput& error) {
      fmt::print(stderr, "refused: {}\n", error.what());
      ++refused;
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(
          fmt::format("{}\nNothing of {} was added; {} records before it were, and stay.",
                      error.what(), file, records));
    }
  }
  fmt::print("added {} records with {} rows; {} were there already, {} were refused\n", records,
             rows, known, refused);
  return refused > 0 ? kBadUsage : kAsExpected;
}

}  // namespace

void add_record_add(CLI::App& record, Run& run) {
  auto* command = record.add_subcommand("add", "Records into a database, for history and check");
  auto flags = std::make_shared<Flags>();
  command->add_option("database", flags->database, "A SQLite file; made if it is not there")
      ->required();
  command
      ->add_option("records", flags->paths,
                   "What bench --json wrote, whole or a shard, not compressed; or folders of such")
      ->required();
  command->footer(
      "A record that is there is not added again, nor what it was merged into; rows that an "
      "interrupted run and its --resume share go in once. Parts of several machines go in as they "
      "are, not merged. One that is truncated, changed, of a later "
      "schema "
      "or none at all is refused by name, and the others go in; the exit status is then 4. Each "
      "goes "
      "in whole or not at all.\n"
      "Example: poolbench record add runs.sqlite nightly/ today.json\n" +
      exit_status_help());
  command->callback([flags, &run] { run = [flags] { return add(*flags); }; });
}

}  // namespace poolbench
