#include "bench/time/gpu_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace poolbench {

void GpuWatch::Range::add(double value, bool first) {
  low = first ? value : std::min(low, value);
  high = first ? value : std::max(high, value);
}

GpuWatch::GpuWatch(const std::set<std::string>& uuids, Nvml nvml) : nvml_(std::move(nvml)) {
  for (const std::string& uuid : uuids)
    if (const auto limits = nvml_.limits(uuid)) gpus_[uuid].limits = *limits;
}

void GpuWatch::look() {
  for (auto& [uuid, seen] : gpus_) {
    const auto state = nvml_.state(uuid);
    if (!state) continue;
    const bool first = seen.looks++ == 0;
    seen.sm_mhz.add(state->sm_mhz, first);
    seen.memory_mhz.add(state->memory_mhz, first);
    seen.celsius.add(state->celsius, first);
    seen.watts.add(state->watts, first);
    for (const std::string& reason : throttle_reasons(state->throttle)) ++seen.throttled[reason];
  }
}

nlohmann::json GpuWatch::json() const {
  nlohmann::json json;
  const auto range = [](const Range& seen, double limit) {
    return nlohmann::json{{"low", seen.low}, {"high", seen.high}, {"limit", limit}};
  };
  for (const auto& [uuid, seen] : gpus_)
    json[uuid] = {{"driver", nvml_.driver()},
                  {"looks", seen.looks},
                  {"sm_mhz", range(seen.sm_mhz, seen.limits.sm_mhz)},
                  {"memory_mhz", range(seen.memory_mhz, seen.limits.memory_mhz)},
                  {"watts", range(seen.watts, seen.limits.watts)},
                  {"celsius", {{"low", seen.celsius.low}, {"high", seen.celsius.high}}},
                  {"throttled", seen.throttled}};
  return json;
}

nlohmann::json GpuWatch::take() {
  nlohmann::json json = this->json();
  for (auto& [uuid, seen] : gpus_) seen = {.limits = seen.limits};
  return json;
}

void merge_gpus(nlohmann::json& into, const nlohmann::json& more) {
  for (const auto& [uuid, seen] : more.items()) {
    if (seen.at("looks") == 0) continue;
    if (!into.contains(uuid) || into[uuid]["looks"] == 0) {
      into[uuid] = seen;
      continue;
    }
    auto& sum = into[uuid];
    sum["looks"] = sum["looks"].get<int64_t>() + seen.at("looks").get<int64_t>();
    for (const char* range : {"sm_mhz", "memory_mhz", "watts", "celsius"}) {
      sum[range]["low"] =
          std::min(sum[range]["low"].get<double>(), seen.at(range).at("low").get<double>());
      sum[range]["high"] =
          std::max(sum[range]["high"].get<double>(), seen.at(range).at("high").get<double>());
    }
    for (const auto& [reason, looks] : seen.at("throttled").items())
      sum["throttled"][reason] = sum["throttled"].value(reason, int64_t{0}) + looks.get<int64_t>();
  }
}

}  // namespace poolbench
