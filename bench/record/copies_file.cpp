#include "bench/record/copies_file.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/record/context.h"
#include "bench/record/fields.h"
#include "host/file.h"
#include "host/problem.h"

namespace poolbench {
namespace {

namespace fs = std::filesystem;

// What forbids to compare runs forbids to pool them.
std::string machine_of(const nlohmann::json& context) {
  const auto& comparable = context.at("poolbench").at("comparable");
  return fmt::format("{}, {}, {} threads", context.value("host_name", ""),
                     comparable.value("processor", ""), comparable.value("threads", 0));
}

CopyCount count_of(const nlohmann::json& json) {
  CopyCount count;
  count.pairs = exact_integer(json.at("pairs"));
  count.alarms = exact_integer(json.at("alarms"));
  count.intervals = exact_integer(json.at("intervals"));
  count.covering = exact_integer(json.at("covering"));
  return count;
}

}  // namespace

std::string copies_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state != '\0') return std::string(state) + "/poolbench/aa.json";
  if (home != nullptr && *home != '\0')
    return std::string(home) + "/.local/state/poolbench/aa.json";
  return {};
}

nlohmann::json copies_json(const CopyCount& count) {
  const ShareInterval rate = wilson(count.alarms, count.pairs);
  return {{"pairs", count.pairs},
          {"alarms", count.alarms},
          {"alarm_rate_low", rate.low},
          {"alarm_rate_high", rate.high},
          {"intervals", count.intervals},
          {"covering", count.covering},
          {"level", number_json(count.level)}};
}

CopyCount add_to_copies_file(const std::string& path, const nlohmann::json& context,
                             const CopyCount& now) {
  if (path.empty()) return now;
  CopyCount sum = now;
  try {
    const std::string machine = machine_of(context);
    nlohmann::json json = {{"aa", 1}, {"machines", nlohmann::json::object()}};
    if (fs::exists(path)) {
      std::ifstream file(path);
      json = nlohmann::json::parse(file);
      if (json.at("aa") != 1) throw BadInput("it is of another version");
    }
    auto& machines = json.at("machines");
    if (machines.contains(machine)) {
      CopyCount all = count_of(machines.at(machine));
      all.add(now);
      sum = all;
    }
    machines[machine] = copies_json(sum);
    if (const fs::path folder = fs::path(path).parent_path(); !folder.empty())
      fs::create_directories(folder);
    write_file(path, json.dump(1) + "\n");
  } catch (const std::exception& error) {
    fmt::print(stderr, "poolbench: {} is left as it is: {}\n", path, error.what());
    return now;
  }
  return sum;
}

}  // namespace poolbench
