#include "bench/record/stored_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "bench/record/seal.h"
#include "bench/select/contender.h"

namespace poolbench {
namespace {

constexpr int kSchema = 1;  // the newest that is read
// Schema and minor version from which on a seal is due.
constexpr std::pair<int, int> kSealed{1, 2};

// Returns a field, or `otherwise` where it is missing or null.
template <class T>
T field(const Json& json, const char* name, T otherwise) {
  const auto found = json.find(name);
  return found == json.end() || found->is_null() ? otherwise : found->get<T>();
}

Interval interval_of(const Json& row, const char* name) {
  const Json interval = row.value(name, Json::object());
  return {field(interval, "median", kNone), field(interval, "low", kNone),
          field(interval, "high", kNone)};
}

Device device_of(const Json& json) {
  Device device;
  device.substrate = json.at("substrate");
  device.name = json.at("name");
  device.uuid = json.at("uuid");
  device.driver = json.at("driver");
  device.memory_bytes = json.at("memory_bytes");
  device.cache_bytes = json.at("cache_bytes");
  return device;
}

// Of devices with this UUID, CUDA and Vulkan on one GPU, the one whose family the contender is of.
Device device_of(const std::vector<Device>& devices, const std::string& uuid,
                 const std::string& contender) {
  const Device* found = nullptr;
  for (const Device& device : devices)
    if (device.uuid == uuid && (found == nullptr || contender.starts_with(device.substrate)))
      found = &device;
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
  row.device = device_of(devices, json.value("device", ""), row.contender);
  if (json.contains("plan_seconds")) {
    row.plan.seconds = json.at("plan_seconds").get<double>();
    row.plan.again_seconds = field(json, "plan_again_seconds", kNone);
    if (json.contains("plan_heap_bytes")) row.plan.heap_bytes = json.at("plan_heap_bytes");
  }
  row.scratch_bytes = field(json, "scratch_bytes", int64_t{0});
  row.seconds = interval_of(json, "seconds");
  row.traffic = {field(json, "bytes_read", int64_t{0}), field(json, "bytes_written", int64_t{0})};
  row.series.launches = field(json, "launches", int64_t{0});
  row.series.level = json.value("level", "");
  row.ceiling = json.value("ceiling", "");
  row.ceiling_seconds = field(json, "ceiling_seconds", kNone);
  row.share = interval_of(json, "share");
  row.baseline = json.value("baseline", "");
  row.ratio = interval_of(json, "ratio");
  row.across_devices = json.value("across_devices", false);
  row.floor_seconds = field(json, "floor_seconds", kNone);
  row.warm = json.value("warm", false);
  row.submit.p50 = field(json, "submit_p50", kNone);
  row.submit.p99 = field(json, "submit_p99", kNone);
  row.submit.samples = field(json, "submit_samples", int64_t{0});
  row.submit.disturbed = field(json, "submit_disturbed", int64_t{0});
  row.claimed_seconds = field(json, "claimed_seconds", kNone);
  row.note = json.value("note", "");
  return row;
}

// The rows, by problem. Samples stand before the row that they are of.
std::vector<CaseResult> cases_of(const Json& rows, const std::vector<Device>& devices) {
  std::vector<CaseResult> cases;
  std::set<std::string> names;
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
    auto found = std::ranges::find(cases, row.problem, &CaseResult::problem);
    if (found == cases.end()) found = cases.insert(found, CaseResult{row.problem, {}});
    found->records.push_back(std::move(row));
  }
  return cases;
}

void check_seal(const std::string& text, const Json& ours) {
  const int schema = ours.at("schema");
  if (schema > kSchema)
    throw BadInput(fmt::format("has schema {}: this poolbench knows {}", schema, kSchema));
  const bool has_seal = !seal_of(text).empty();
  if (!has_seal && std::pair(schema, ours.value("schema_minor", 0)) >= kSealed)
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
  record.schema_minor = ours.value("schema_minor", 0);
  record.method = comparable.value("method", 0);
  record.threads = comparable.value("threads", 0);
  for (const Json& device : ours.value("devices", Json::array()))
    record.devices.push_back(device_of(device));
  record.cases = cases_of(record.json.at("benchmarks"), record.devices);
  return record;
}

std::string text_of(const std::string& path) {
  std::error_code ignored;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, ignored)) file.open(path, std::ios::binary);
  if (!file.is_open()) throw BadInput("cannot be read");
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw BadInput("cannot be read");
  return text;
}

// What a message has room for.
std::string brief(const Json& value) {
  constexpr size_t kMost = 100;
  const std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= kMost ? text : text.substr(0, kMost) + "…";
}

}  // namespace

StoredRecord read_record(const std::string& path) {
  try {
    StoredRecord record = record_of(text_of(path));
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
