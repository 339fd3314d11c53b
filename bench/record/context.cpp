#include "bench/record/context.h"

#include <omp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/build_info.h"
#include "bench/record/seal.h"
#include "host/substrates/host.h"
#include "host/substrates/shared_memory.h"

namespace poolbench {
namespace {

std::string date_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

bool virtualised() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.rfind("flags", 0) == 0) return line.find(" hypervisor") != std::string::npos;
  return false;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// What lies below the program's folder, such as the peers, is named from there, wherever that is.
std::string shown_path(const std::string& path) {
  const std::string folder = std::filesystem::path(peers_folder()).parent_path().string() + "/";
  return path.starts_with(folder) ? path.substr(folder.size()) : path;
}

nlohmann::json modules_json(std::span<const FamilyState> families) {
  nlohmann::json modules = mapped_json(families);
  for (const FamilyState& family : families) {
    if (family.origin == nullptr) continue;
    const Origin& origin = *family.origin;
    modules[family.family].update({{"file", shown_path(origin.file)},
                                   {"sha256", sha256_of_file(origin.file)},
                                   {"build_id", origin.object.build_id},
                                   {"needs", origin.object.needs}});
  }
  return modules;
}

}  // namespace

BuildInfo build_info() {
  return {POOLBENCH_VERSION,  POOLBENCH_COMMIT, POOLBENCH_COMMIT_DATE,
          POOLBENCH_COMPILER, POOLBENCH_FLAGS,  POOLBENCH_BUILD_TYPE};
}

std::string_view peer_version(std::string_view backend) {
  static constexpr std::pair<std::string_view, std::string_view> kPeers[] = {
      POOLBENCH_PEER_VERSIONS{"", ""}};
  for (const auto& [peer, version] : kPeers)
    if (peer == backend) return version;
  return "";
}

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

nlohmann::json number_json(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

nlohmann::json device_json(const Device& device) {
  return {{"substrate", device.substrate},
          {"name", device.name},
          {"uuid", device.uuid},
          {"driver", device.driver},
          {"memory_bytes", device.memory_bytes},
          {"cache_bytes", device.cache_bytes}};
}

nlohmann::json comparison_json(const Comparison& comparison) {
  nlohmann::json worst = nlohmann::json::array();
  for (const Point& point : comparison.worst)
    worst.push_back({{"n", point.n},
                     {"c", point.c},
                     {"output", point.output},
                     {"expected", number_json(point.expected)},
                     {"got", number_json(point.got)},
                     {"expected_index", point.expected_index},
                     {"got_index", point.got_index},
                     {"ulp", number_json(point.ulp)},
                     {"allowed_ulp", number_json(point.allowed)}});
  return {{"outputs", comparison.outputs},
          {"checked", comparison.checked},
          {"wrong", comparison.wrong},
          {"known_differences", comparison.known_differences},
          {"out_of_range", comparison.out_of_range},
          {"max_ulp", number_json(comparison.max_ulp)},
          {"max_error", number_json(comparison.max_error)},
          {"worst", std::move(worst)}};
}

nlohmann::json mapped_json(std::span<const FamilyState> families) {
  nlohmann::json modules = nlohmann::json::object();
  for (const FamilyState& family : families) {
    if (family.origin == nullptr) continue;
    nlohmann::json& mapped = modules[family.family]["mapped"] = nlohmann::json::object();
    for (const auto& [path, file] : family.origin->brought)
      mapped[shown_path(path)] = file.build_id;
  }
  return modules;
}

nlohmann::json run_context(std::span<const FamilyState> families) {
  utsname system{};
  uname(&system);
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  double load[3] = {};
  if (getloadavg(load, 3) < 0) load[0] = load[1] = load[2] = 0;
  const Device& processor = host_substrate().device();
  const BuildInfo build = build_info();
  nlohmann::json context = {
      {"date", date_text()},
      {"host_name", host},
      {"executable", "poolbench"},
      {"num_cpus", omp_get_num_procs()},
      {"mhz_per_cpu", 0},
      {"cpu_scaling_enabled", false},
      {"caches", nlohmann::json::array()},
      {"load_avg", {load[0], load[1], load[2]}},
      {"library_build_type", build.build_type == "Debug" ? "debug" : "release"},
  };
  context["poolbench"] = {
      {"schema", kSchema},
      {"schema_minor", kSchemaMinor},
      {"comparable",
       {{"processor", processor.name},
        {"cache_bytes", processor.cache_bytes},
        {"threads", omp_get_num_procs()},
        {"compiler", build.compiler},
        {"flags", build.flags},
        {"build_type", build.build_type}}},
      {"noted",
       {{"version", build.version},
        {"commit", build.commit},
        {"commit_date", build.commit_date},
        {"build_id", own_file().build_id},
        {"kernel", std::string(system.sysname) + " " + system.release},
        {"governor", first_line_of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")},
        {"huge_pages", first_line_of("/sys/kernel/mm/transparent_hugepage/enabled")},
        {"virtualised", virtualised()},
        {"omp_proc_bind", environment("OMP_PROC_BIND")},
        {"omp_num_threads", environment("OMP_NUM_THREADS")},
        {"isa", environment("POOLBENCH_ISA")}}}};
  if (host_memory_is_shared())
    context["poolbench"]["comparable"]["memory"] = "shared with engines, pages of 4 KiB";
  context["poolbench"]["modules"] = modules_json(families);
  return context;
}

}  // namespace poolbench
