#include <algorithm>
#include <map>

#include "bench/record/seal.h"
#include "bench/report/columns.h"
#include "bench/report/history_table.h"
#include "bench/report/page.h"

namespace poolbench {
namespace {

constexpr size_t kFewestPoints = 3;

// Names of series. Where several have the same one, each says the conditions that they do not
// share.
std::map<int64_t, std::string> names_of(const std::map<int64_t, SeriesName>& series) {
  std::map<std::string, std::vector<Json>> alike;
  for (const auto& [id, name] : series)
    alike[series_text(name)].push_back(Json::parse(name.conditions));
  std::map<int64_t, std::string> names;
  for (const auto& [id, name] : series) {
    std::string& text = names[id] = series_text(name);
    const std::vector<Json>& all = alike.at(text);
    const Json conditions = Json::parse(name.conditions);
    Json own = Json::object();
    for (const auto& [field, value] : conditions.items())
      if (std::ranges::any_of(all, [&field = field, &value = value](const Json& one) {
            return one.value(field, Json()) != value;
          }))
        own[field] = value;
    if (!own.empty()) text += " (" + conditions_text(own.dump()) + ")";
  }
  return names;
}

Json series_json(const std::string& name, const std::vector<SeriesPoint>& points) {
  Columns columns;
  for (const SeriesPoint& point : points) {
    columns.add("revision", point.revision);
    columns.add("day", day_text(point.date));
    columns.add("status", std::string(info(point.status).name));
    columns.add("counts", int(counts(point)));
    columns.add("time", {point.seconds, point.low, point.high}, kNanoseconds);
    columns.add("over", {point.over_ceiling, point.over_low, point.over_high}, 1);
  }
  Json changes = Json::array();
  for (const Change& change : changes_of(points))
    changes.push_back({{"at", change.at},
                       {"machine", change.machines},
                       {"sure", change.step.sure},
                       {"slower", change.slower()},
                       {"text", change_text(change)}});
  return {{"name", name},
          {"count", points.size()},
          {"points", std::move(columns).json()},
          {"changes", std::move(changes)}};
}

Json race_rows(const Json& rows) {
  Json shown = Json::array();
  for (const Json& row : rows) {
    Json& one = shown.emplace_back(Json::object());
    for (const char* name :
         {"problem", "temperature", "base", "contender", "verdict", "why", "remedy", "repeat"})
      one[name] = row.at(name).get<std::string>();
    for (const char* name : {"median", "low", "high"}) {
      const Json& end = row.at("effect").at(name);
      one["effect"].push_back(end.is_null() ? end : short_number(end.get<double>()));
    }
    const Json& seen = row.at("least_seen");
    one["least_seen"] = seen.is_null() ? seen : short_number(seen.get<double>());
  }
  return shown;
}

}  // namespace

Json history_json(const Store& store, const Commits& commits) {
  Json all = Json::array();
  size_t unknown = 0, too_short = 0;
  for (const auto& [id, name] : names_of(store.series())) {
    std::vector<SeriesPoint> points = store.points(id);
    unknown += commits.sort(points);
    if (points.size() >= kFewestPoints)
      all.push_back(series_json(name, points));
    else
      ++too_short;
  }
  return {{"series", std::move(all)}, {"too_short", too_short}, {"unknown", unknown}};
}

Json race_part(const std::string& path) {
  try {
    const std::string text = record_text(path);
    const Json json = Json::parse(text);
    if (!seal_of(text).empty() && seal(text) != text)
      throw BadInput("was changed after it was written");
    const Json &context = json.at("context"), &race = json.at("race");
    const Json& noted = context.at("poolbench").at("noted");
    return {{"file", path.substr(path.rfind('/') + 1)},
            {"date", context.at("date").get<std::string>()},
            {"processor", context.at("poolbench").at("comparable").at("processor")},
            {"revision", noted.value("commit", "")},
            {"rules", race.at("rules")},
            {"alarms", race.at("alarms")},
            {"copies", race.at("copies")},
            {"copies_of_machine", race.at("copies_of_machine")},
            {"rows", race_rows(race.at("rows"))}};
  } catch (const BadInput& error) {
    throw BadInput(path + ": " + error.what());
  } catch (const Json::exception&) {
    throw BadInput(path + ": is not what `poolbench race --json` writes");
  }
}

}  // namespace poolbench
