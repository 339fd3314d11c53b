#include "bench/record/stored_rows.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "bench/record/fields.h"
#include "bench/record/seal.h"
#include "host/problem.h"

namespace poolbench {
namespace {

using nlohmann::json;

constexpr int kSchema = 1;  // the newest that is read
// Schema and minor version from which on a seal is due.
constexpr std::pair<int, int> kSealed{1, 2};

Interval interval_of(const json& row, const char* name) {
  const json interval = row.value(name, json::object());
  const auto end = [&](const char* which) {
    const auto found = interval.find(which);
    return found == interval.end() || found->is_null() ? kNone : found->get<double>();
  };
  return {end("median"), end("low"), end("high")};
}

StoredRow row_of(const json& json) {
  StoredRow row;
  row.problem = json.at("problem");
  row.contender = json.at("contender");
  row.temperature = temperature_of(json.at("temperature").get<std::string>());
  row.status = status_of(json.at("status").get<std::string>());
  row.reason = json.value("reason", "");
  row.seconds = interval_of(json, "seconds");
  row.share = interval_of(json, "share");
  return row;
}

void check_seal(const std::string& text, const json& ours) {
  const int schema = ours.at("schema");
  if (schema > kSchema)
    throw BadInput(fmt::format("has schema {}: this poolbench knows {}", schema, kSchema));
  const bool has_seal = !seal_of(text).empty();
  if (!has_seal && std::pair(schema, ours.value("schema_minor", 0)) >= kSealed)
    throw BadInput("has no seal that this program wrote, so it was changed since");
  if (has_seal && seal(text) != text) throw BadInput("was changed after it was written");
}

StoredRun run_of(const std::string& text) {
  const json record = json::parse(text);
  const json& ours = record.at("context").at("poolbench");
  check_seal(text, ours);
  StoredRun run;
  run.comparable = ours.at("comparable");
  run.comparable["host"] = record.at("context").value("host_name", "");
  for (const json& row : record.at("benchmarks"))
    if (row.contains("poolbench")) run.rows.push_back(row_of(row.at("poolbench")));
  return run;
}

}  // namespace

StoredRun read_run(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) throw BadInput(fmt::format("{}: cannot be read", path));
  try {
    return run_of(text.str());
  } catch (const json::exception&) {
    throw BadInput(fmt::format("{}: is no record of `poolbench bench --json`", path));
  } catch (const BadInput& error) {
    throw BadInput(fmt::format("{}: {}", path, error.what()));
  }
}

void check_comparable(const StoredRun& base, const StoredRun& head) {
  json either = base.comparable;
  either.update(head.comparable);
  std::string differs;
  for (const auto& [name, value] : either.items()) {
    const json one = base.comparable.value(name, json()),
               other = head.comparable.value(name, json());
    if (one != other)
      differs += fmt::format("{}{}: {} and {}", differs.empty() ? "" : ", ", name, one.dump(),
                             other.dump());
  }
  if (!differs.empty())
    throw BadInput(fmt::format("--records: these runs cannot be compared: {}", differs));
}

}  // namespace poolbench
