#include "bench/record/stored_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "bench/record/context.h"
#include "bench/record/seal.h"

namespace poolbench {
namespace {

// Schema and minor version from which on a seal is due.
constexpr std::pair<int64_t, int64_t> kSealed{1, 2};

// Returns a field, or kNone or 0 where it is missing or null.
double number(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? kNone : found->get<double>();
}
int64_t integer(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? 0 : exact_integer(*found);
}

Interval interval_of(const Json& row, const char* name) {
  const Json interval = row.value(name, Json::object());
  return {number(interval, "median"), number(interval, "low"), number(interval, "high")};
}

Device device_of(const Json& json) {
  Device device;
  device.substrate = json.at("substrate");
  device.name = json.at("name");
  device.uuid = json.at("uuid");
  device.driver = json.at("driver");
  device.memory_bytes = integer(json, "memory_bytes");
  device.cache_bytes = integer(json, "cache_bytes");
  return device;
}

std::vector<Voided> voided_of(const Json& blocks) {
  std::vector<Voided> voided;
  for (const Json& block : blocks)
    voided.push_back({integer(block, "block"), block.value("cause", ""), number(block, "seconds"),
                      block.value("disturbed", false)});
  return voided;
}

// Of devices with this UUID, CUDA and Vulkan on one GPU, the one whose family the contender is of,
// or that of engines.
Device device_of(const std::vector<Device>& devices, const std::string& uuid,
                 const std::string& contender, bool is_engine) {
  const auto fits = [&](const Device& device) {
    return is_engine ? device.substrate.ends_with("worker")
                     : contender.starts_with(device.substrate);
  };
  const Device* found = nullptr;
  for (const Device& device : devices)
    if (device.uuid == uuid && (found == nullptr || fits(device))) found = &device;
  return found != nullptr ? *found : Device{.uuid = uuid};
}

Record row_of(const Json& json, const std::vector<Device>& devices) {
  Record row;
  row.contender = json.at("contender");
  row.kernel = json.at("kernel");
  row.problem = parse_problem(json.at("problem").get<std::string>());
  row.temperature = temperature_of(json.at("temperature").get<std::string>());
  row.status = status_of(json.at("status").get<std::string>());
  row.reason = json.value("reason", "");
  row.device =
      device_of(devices, json.value("device", ""), row.contender, json.contains("claimed_seconds"));
  if (json.contains("plan_seconds")) {
    row.plan.seconds = json.at("plan_seconds").get<double>();
    row.plan.again_seconds = number(json, "plan_again_seconds");
    if (json.contains("plan_heap_bytes")) row.plan.heap_bytes = integer(json, "plan_heap_bytes");
  }
  row.scratch_bytes = integer(json, "scratch_bytes");
  if (json.contains("known_differences"))
    json.at("known_differences").get_to(row.comparison.emplace().known_differences);
  row.seconds = interval_of(json, "seconds");
  row.traffic = {integer(json, "bytes_read"), integer(json, "bytes_written")};
  row.series.launches = integer(json, "launches");
  row.series.level = json.value("level", "");
  row.series.voided = voided_of(json.value("voided", Json::array()));
  row.ceiling = json.value("ceiling", "");
  row.ceiling_seconds = number(json, "ceiling_seconds");
  row.share = interval_of(json, "share");
  row.baseline = json.value("baseline", "");
  row.ratio = interval_of(json, "ratio");
  row.across_devices = json.value("across_devices", false);
  row.floor_seconds = number(json, "floor_seconds");
  row.warm = json.value("warm", false);
  row.submit.p50 = number(json, "submit_p50");
  row.submit.p99 = number(json, "submit_p99");
  row.submit.samples = integer(json, "submit_samples");
  row.submit.disturbed = integer(json, "submit_disturbed");
  row.claimed_seconds = number(json, "claimed_seconds");
  row.note = json.value("note", "");
  return row;
}

// The rows, by problem. Samples stand before the row that they are of.
std::vector<CaseResult> cases_of(const Json& rows, const std::vector<Device>& devices) {
  std::vector<CaseResult> cases;
  std::set<std::string> names;
  std::map<std::string, size_t> places;  // of problems in `cases`
  std::vector<double> samples;
  for (const Json& json : rows) {
    if (!json.contains("poolbench")) {
      if (json.at("run_type") == "iteration")
        samples.push_back(json.at("real_time").get<double>() * 1e-9);
      continue;
    }
    Record row = row_of(json.at("poolbench"), devices);
    row.series.seconds = std::exchange(samples, {});
    if (!names.insert(row.name()).second)
      throw BadInput(fmt::format("has the row {} twice", row.name()));
    const auto [place, is_new] = places.try_emplace(to_text(row.problem), cases.size());
    if (is_new) cases.push_back({row.problem, {}});
    cases[place->second].records.push_back(std::move(row));
  }
  return cases;
}

std::vector<Network> networks_of(const Json& rows) {
  std::vector<Network> networks;
  for (const Json& json : rows) {
    Network& network = networks.emplace_back();
    network.name = json.at("name");
    network.missing = integer(json, "missing");
    for (const Json& layer : json.value("layers", Json::array()))
      network.layers.push_back(
          {parse_problem(layer.at("problem").get<std::string>()), integer(layer, "times")});
  }
  return networks;
}

void check_seal(const std::string& text, const Json& ours) {
  const int64_t schema = exact_integer(ours.at("schema"));
  if (schema > kSchema)
    throw BadInput(fmt::format("has schema {}: this poolbench knows {}", schema, kSchema));
  const bool has_seal = !seal_of(text).empty();
  if (!has_seal && std::pair(schema, integer(ours, "schema_minor")) >= kSealed)
    throw BadInput("has no seal that this program wrote, so it was changed since");
  if (has_seal && seal(text) != text) throw BadInput("was changed after it was written");
}

StoredRecord record_of(const std::string& text) {
  StoredRecord record;
  record.json = Json::parse(text);
  const Json& context = record.json.at("context");
  const Json &ours = context.at("poolbench"), &comparable = ours.at("comparable"),
             noted = ours.value("noted", Json::object());
  check_seal(text, ours);
  record.date = context.value("date", "");
  record.host = context.value("host_name", "");
  record.version = noted.value("version", "");
  record.revision = noted.value("commit", "");
  record.isa = noted.value("isa", "");
  record.processor = comparable.value("processor", "");
  record.compiler = comparable.value("compiler", "");
  record.flags = comparable.value("flags", "");
  record.build_type = comparable.value("build_type", "");
  record.schema_minor = integer(ours, "schema_minor");
  record.method = integer(comparable, "method");
  record.threads = integer(comparable, "threads");
  record.case_seconds = noted.value("case_seconds", record.case_seconds);
  for (const Json& device : ours.value("devices", Json::array()))
    record.devices.push_back(device_of(device));
  record.networks = networks_of(ours.value("networks", Json::array()));
  record.cases = cases_of(record.json.at("benchmarks"), record.devices);
  return record;
}

// What a message has room for.
std::string brief(const Json& value) {
  constexpr size_t kMost = 100;
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "…";
}

}  // namespace

std::string record_text(const std::string& path) {
  std::error_code ignored;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, ignored)) file.open(path, std::ios::binary);
  if (!file.is_open()) throw BadInput("cannot be read");
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw BadInput("cannot be read");
  if (text.starts_with("\x1f\x8b")) throw BadInput("is compressed; gunzip has what is read here");
  return text;
}

StoredRecord read_record(const std::string& path) {
  try {
    StoredRecord record = record_of(record_text(path));
    record.file = path;
    return record;
  } catch (const Json::parse_error&) {
    throw BadInput(fmt::format("{}: is no record: no JSON, or not all of it", path));
  } catch (const Json::exception&) {
    throw BadInput(fmt::format("{}: is no record of `poolbench bench --json`", path));
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", path, error.what()));
  }
}

std::string differences(const Json& one, const Json& other) {
  constexpr size_t kMost = 5;
  std::string text;
  const Json steps = Json::diff(one, other);
  for (size_t i = 0; i < std::min(steps.size(), kMost); ++i) {
    const Json::json_pointer at(steps[i].at("path").get<std::string>());
    text += fmt::format("{}{}: {} and {}", i == 0 ? "" : ", ", at.to_string().substr(1),
                        brief(one.value(at, Json())), brief(other.value(at, Json())));
  }
  if (steps.size() > kMost) text += fmt::format(", and {} more", steps.size() - kMost);
  return text;
}

void check_comparable(const StoredRecord& base, const StoredRecord& head) {
  const auto facts = [](const StoredRecord& record) {
    Json comparable = record.context().at("comparable");
    comparable["host"] = record.host;
    return comparable;
  };
  const std::string differ = differences(facts(base), facts(head));
  if (!differ.empty())
    throw BadInput(fmt::format("--records: these runs cannot be compared: {}", differ));
}

}  // namespace poolbench
