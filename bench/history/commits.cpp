#include "bench/history/commits.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace poolbench {
namespace {

std::string without_dirty(const std::string& revision) {
  return revision.substr(0, revision.find("-dirty"));
}

// Returns what a program prints, or nothing if it failed.
std::optional<std::string> output_of(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  char buffer[1 << 16];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, size_t(got));
  close(ends[0]);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child || status != 0) return std::nullopt;
  return text;
}

}  // namespace

Commits::Commits(const std::string& repository) : by_history_(!repository.empty()) {
  if (!by_history_) return;
  const auto listed =
      output_of({"git", "-C", repository, "rev-list", "--topo-order", "--reverse", "HEAD"});
  if (!listed)
    throw BadInput(fmt::format("--repository {}: git lists no commits of its HEAD", repository));
  std::istringstream lines(*listed);
  int64_t place = 0;
  for (std::string name; std::getline(lines, name);) places_[name] = ++place;
}

std::optional<int64_t> Commits::place(const std::string& revision) const {
  constexpr size_t kFewestDigits = 7;
  const std::string name = without_dirty(revision);
  const auto found = places_.lower_bound(name);
  if (name.size() < kFewestDigits || found == places_.end() || !found->first.starts_with(name))
    return std::nullopt;
  return found->second;
}

size_t Commits::sort(std::vector<SeriesPoint>& points) const {
  const bool by_history = by_history_ && !std::ranges::all_of(points, &SeriesPoint::of_file);
  std::map<std::string, int64_t> places;
  for (const SeriesPoint& point : points) {
    const std::string name = without_dirty(point.revision);
    if (by_history) {
      if (const auto known = place(name)) places[name] = *known;
    } else {
      const int64_t date = point.committed.value_or(point.date);
      const auto [at, is_new] = places.try_emplace(name, date);
      at->second = std::min(at->second, date);
    }
  }
  const size_t all = points.size();
  std::erase_if(points, [&](const SeriesPoint& point) {
    return !places.contains(without_dirty(point.revision));
  });
  std::ranges::sort(points, {}, [&](const SeriesPoint& point) {
    const std::string name = without_dirty(point.revision);
    return std::tuple(places.at(name), name, point.dirty(), point.date, point.record);
  });
  return all - points.size();
}

}  // namespace poolbench
