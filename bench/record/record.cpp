#include "bench/record/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/record/context.h"

namespace poolbench {
namespace {

// A median this far below every single sample of every ceiling cannot be true.
constexpr double kImpossible = 1.05;

// Block by block quotients of two series.
Interval quotient(const Series& above, const Series& below) {
  std::vector<double> quotients;
  for (size_t i = 0; i < std::min(above.seconds.size(), below.seconds.size()); ++i)
    quotients.push_back(above.seconds[i] / below.seconds[i]);
  return median_interval(std::move(quotients));
}

nlohmann::json interval_json(const Interval& interval) {
  return {{"median", number_json(interval.median)},
          {"low", number_json(interval.low)},
          {"high", number_json(interval.high)}};
}

nlohmann::json details(const Record& record) {
  nlohmann::json json = {
      {"contender", record.contender},        {"kernel", record.kernel},
      {"problem", to_text(record.problem)},   {"temperature", temperature_name(record.temperature)},
      {"status", status_name(record.status)}, {"reason", record.reason},
      {"device", record.device.uuid}};
  if (record.comparison) {
    json["checked"] = record.comparison->checked;
    json["outputs"] = record.comparison->outputs;
    json["max_ulp"] = number_json(record.comparison->max_ulp);
    if (!record.comparison->known_differences.empty())
      json["known_differences"] = record.comparison->known_differences;
  }
  if (record.series.seconds.empty()) return json;
  json["seconds"] = interval_json(record.seconds);
  json["bytes_read"] = record.traffic.read;
  json["bytes_written"] = record.traffic.written;
  json["bytes_per_second"] = number_json(record.bytes_per_second());
  json["launches"] = record.series.launches;
  json["rotation_bytes"] = record.series.rotation_bytes;
  json["scratch_bytes"] = record.scratch_bytes;
  json["floor_seconds"] = number_json(record.floor_seconds);
  json["below_floor"] = record.below_floor();
  if (!record.ceiling.empty()) {
    json["ceiling"] = record.ceiling;
    json["ceiling_seconds"] = number_json(record.ceiling_seconds);
    json["share"] = interval_json(record.share);
  }
  if (!record.baseline.empty()) {
    json["baseline"] = record.baseline;
    json["ratio"] = interval_json(record.ratio);
    json["across_devices"] = record.across_devices;
  }
  return json;
}

nlohmann::json row(const Record& record, int family) {
  return {{"name", record.name()},
          {"family_index", family},
          {"per_family_instance_index", 0},
          {"run_name", record.name()},
          {"repetitions", record.series.seconds.size()},
          {"threads", 1},
          {"time_unit", "ns"}};
}

}  // namespace

std::string_view temperature_name(Temperature temperature) {
  return temperature == Temperature::kCold ? "cold" : "hot";
}

std::string Record::name() const {
  return fmt::format("{}/{}/{}", contender, to_text(problem), temperature_name(temperature));
}

double Record::floor_ratio() const {
  return seconds.median / (floor_seconds + (std::isnan(ceiling_seconds) ? 0 : ceiling_seconds));
}

void relate(CaseResult& result, const std::vector<CeilingSeries>& ceilings,
            const std::string& baseline, const std::vector<std::string>& peers) {
  for (Record& record : result.records) {
    if (record.status != Status::kOk) continue;
    record.seconds = median_interval(record.series.seconds);
    double fastest = INFINITY;  // any sample of any ceiling
    for (const CeilingSeries& ceiling : ceilings) {
      if (ceiling.uuid != record.device.uuid || ceiling.temperature != record.temperature) continue;
      for (const double sample : ceiling.series.seconds) fastest = std::min(fastest, sample);
      const double seconds = median_interval(ceiling.series.seconds).median;
      if (!(seconds >= record.ceiling_seconds)) {
        record.ceiling = ceiling.name;
        record.ceiling_seconds = seconds;
        record.share = quotient(ceiling.series, record.series);
      }
    }
    if (!record.series.invalid.empty()) {
      record.status = Status::kInvalid;
      record.reason = record.series.invalid;
    } else if (std::isfinite(fastest) && record.seconds.median * kImpossible < fastest) {
      record.status = Status::kInvalid;
      record.reason =
          fmt::format("{:.2f} times as fast as the same bytes' {}: faster than memory allows",
                      record.share.median, record.ceiling);
    }
  }
  const auto is_candidate = [&](const Record& record) {
    if (!baseline.empty()) return record.contender == baseline;
    const std::string backend = ContenderName(record.contender).backend;
    return std::find(peers.begin(), peers.end(), backend) != peers.end();
  };
  for (Record& record : result.records) {
    if (record.status != Status::kOk) continue;
    const auto elsewhere = [&](const Record& other) {
      return other.device.uuid != record.device.uuid;
    };
    const auto rank = [&](const Record& other) {
      return std::pair(elsewhere(other), other.seconds.median);
    };
    const Record* best = nullptr;
    for (const Record& other : result.records)
      if (is_candidate(other) && other.status == Status::kOk &&
          other.temperature == record.temperature && (best == nullptr || rank(other) < rank(*best)))
        best = &other;
    if (best == nullptr) continue;
    record.baseline = best->contender;
    record.across_devices = elsewhere(*best);
    record.ratio = quotient(best->series, record.series);
  }
}

nlohmann::json records_json(const std::vector<const CaseResult*>& cases, const RunNotes& notes) {
  nlohmann::json json = {{"context", run_context()}, {"benchmarks", nlohmann::json::array()}};
  if (notes.watch != nullptr) json["context"]["poolbench"]["noted"]["gpus"] = notes.watch->json();
  json["context"]["poolbench"]["left_out"] = notes.left_out;
  std::map<std::string, nlohmann::json> devices;
  auto& rows = json["benchmarks"];
  int family = 0;
  for (const CaseResult* result : cases)
    for (const Record& record : result->records) {
      devices[record.device.uuid + " " + record.device.substrate] = device_json(record.device);
      if (record.status == Status::kOk)
        for (size_t i = 0; i < record.series.seconds.size(); ++i) {
          nlohmann::json sample = row(record, family);
          sample["run_type"] = "iteration";
          sample["repetition_index"] = i;
          sample["iterations"] = record.series.launches;
          sample["real_time"] = sample["cpu_time"] = record.series.seconds[i] * 1e9;
          rows.push_back(std::move(sample));
        }
      nlohmann::json median = row(record, family++);
      if (record.status == Status::kOk) {
        median["name"] = record.name() + "_median";
        median["run_type"] = "aggregate";
        median["aggregate_name"] = "median";
        median["aggregate_unit"] = "time";
        median["iterations"] = record.series.seconds.size();
        median["real_time"] = median["cpu_time"] = record.seconds.median * 1e9;
      } else {
        median["run_type"] = "iteration";
        median["repetition_index"] = 0;
        median["iterations"] = 0;
        median["real_time"] = median["cpu_time"] = 0;
        median["error_occurred"] = true;
        median["error_message"] = fmt::format("{}: {}", status_name(record.status), record.reason);
      }
      median["poolbench"] = details(record);
      rows.push_back(std::move(median));
    }
  for (auto& [key, device] : devices)
    json["context"]["poolbench"]["devices"].push_back(std::move(device));
  return json;
}

}  // namespace poolbench
