#include "bench/record/record.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/record/context.h"
#include "bench/record/seal.h"
#include "bench/select/contender.h"
#include "bench/time/measure.h"
#include "bench/time/network_total.h"

namespace poolbench {
namespace {

nlohmann::json interval_json(const Interval& interval) {
  return {{"median", number_json(interval.median)},
          {"low", number_json(interval.low)},
          {"high", number_json(interval.high)}};
}

nlohmann::json details(const Record& record) {
  nlohmann::json json = {
      {"contender", record.contender},      {"kernel", record.kernel},
      {"problem", to_text(record.problem)}, {"temperature", temperature_name(record.temperature)},
      {"status", info(record.status).name}, {"reason", record.reason},
      {"device", record.device.uuid}};
  if (record.comparison) {
    json["checked"] = record.comparison->checked;
    json["outputs"] = record.comparison->outputs;
    json["max_ulp"] = number_json(record.comparison->max_ulp);
    json["max_error"] = number_json(record.comparison->max_error);
    if (!record.comparison->known_differences.empty())
      json["known_differences"] = record.comparison->known_differences;
  }
  if (record.plan.seconds) {
    json["plan_seconds"] = *record.plan.seconds;
    json["plan_again_seconds"] = *record.plan.again_seconds;
    if (record.plan.heap_bytes) json["plan_heap_bytes"] = *record.plan.heap_bytes;
    json["scratch_bytes"] = record.scratch_bytes;
  }
  if (record.series.seconds.empty()) return json;
  json["seconds"] = interval_json(record.seconds);
  json["bytes_read"] = record.traffic.read;
  json["bytes_written"] = record.traffic.written;
  json["bytes_per_second"] = number_json(record.bytes_per_second());
  json["launches"] = record.series.launches;
  json["rotation_bytes"] = record.series.rotation_bytes;
  if (record.temperature == Temperature::kCold) {
    json["probe"] = number_json(median_interval(record.series.probe).median);
    json["warm"] = record.warm;
  } else {
    json["level"] = record.series.level;
  }
  json["proofs"] = record.series.proofs;
  json["cores"] = number_json(median_interval(record.series.cores).median);
  for (const Voided& voided : record.series.voided)
    json["voided"].push_back({{"block", voided.block},
                              {"cause", voided.cause},
                              {"seconds", voided.seconds},
                              {"disturbed", voided.disturbed}});
  json["floor_seconds"] = number_json(record.floor_seconds);
  json["below_floor"] = record.below_floor();
  if (std::isfinite(record.claimed_seconds)) {
    json["claimed_seconds"] = record.claimed_seconds;
    if (!record.note.empty()) json["note"] = record.note;
  }
  if (record.has_submit()) {
    json["submit_p50"] = number_json(record.submit.p50);
    json["submit_p99"] = number_json(record.submit.p99);
    json["submit_samples"] = record.submit.samples;
    json["submit_disturbed"] = record.submit.disturbed;
  }
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

nlohmann::json network_json(const Network& network, const std::vector<CaseResult>& cases,
                            const std::vector<Temperature>& temperatures) {
  nlohmann::json json = {{"name", network.name}, {"missing", network.missing}};
  for (const Layer& layer : network.layers)
    json["layers"].push_back({{"problem", to_text(layer.problem)}, {"times", layer.times}});
  for (const Temperature temperature : temperatures) {
    const NetworkTotal total = network_total(network, cases, temperature);
    nlohmann::json rows = nlohmann::json::array();
    for (const NetworkTotal::Row& row : total.rows) {
      nlohmann::json one = {{"contender", row.contender}, {"ok", row.ok}};
      if (std::isfinite(row.seconds.median)) one["seconds"] = interval_json(row.seconds);
      if (std::isfinite(row.ratio.median)) {
        one["ratio"] = interval_json(row.ratio);
        one["across_devices"] = row.across_devices;
      }
      rows.push_back(std::move(one));
    }
    json["totals"].push_back({{"temperature", temperature_name(temperature)},
                              {"compared", total.compared},
                              {"contenders", std::move(rows)}});
  }
  return json;
}

nlohmann::json records_json(const std::vector<CaseResult>& cases, const RunNotes& notes) {
  nlohmann::json json = {{"context", notes.context}, {"benchmarks", nlohmann::json::array()}};
  if (!notes.gpus.is_null()) json["context"]["poolbench"]["noted"]["gpus"] = notes.gpus;
  if (!notes.run.is_null()) json["context"]["poolbench"]["noted"]["run"] = notes.run;
  json["context"]["poolbench"]["noted"]["seeds"] = notes.seeds;
  json["context"]["poolbench"]["noted"]["case_seconds"] = notes.case_seconds;
  json["context"]["poolbench"]["arguments"] = notes.arguments;
  if (!notes.shard.is_null()) json["context"]["poolbench"]["shard"] = notes.shard;
  json["context"]["poolbench"]["left_out"] = notes.left_out;
  for (const Network& network : notes.networks)
    json["context"]["poolbench"]["networks"].push_back(
        network_json(network, cases, notes.temperatures));
  json["context"]["poolbench"]["seal"] = blank_seal();
  std::map<std::string, nlohmann::json> devices;
  auto& comparable = json["context"]["poolbench"]["comparable"];
  comparable["method"] = kMethod;
  auto& rows = json["benchmarks"];
  int family = 0;
  for (const CaseResult& result : cases)
    for (const Record& record : result.records) {
      comparable["drivers"][record.device.substrate] = record.device.driver;
      const std::string backend = ContenderName(record.contender).backend;
      if (const std::string_view version = peer_version(backend); !version.empty())
        comparable["libraries"][backend] = version;
      if (!record.library.empty()) comparable["libraries"][backend] = record.library;
      devices[record.device.uuid + " " + record.device.substrate] = device_json(record.device);
      if (has_time(record.status))
        for (size_t i = 0; i < record.series.seconds.size(); ++i) {
          nlohmann::json sample = row(record, family);
          sample["run_type"] = "iteration";
          sample["repetition_index"] = i;
          sample["iterations"] = record.series.launches;
          sample["real_time"] = sample["cpu_time"] = record.series.seconds[i] * 1e9;
          rows.push_back(std::move(sample));
        }
      nlohmann::json median = row(record, family++);
      if (has_time(record.status)) {
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
        median["error_message"] = fmt::format("{}: {}", info(record.status).name, record.reason);
      }
      median["poolbench"] = details(record);
      rows.push_back(std::move(median));
    }
  for (auto& [key, device] : devices)
    json["context"]["poolbench"]["devices"].push_back(std::move(device));
  return json;
}

}  // namespace poolbench
