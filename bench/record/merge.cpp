#include "bench/record/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "bench/record/context.h"
#include "bench/record/record.h"
#include "bench/record/seal.h"
#include "bench/select/shard.h"
#include "bench/time/gpu_watch.h"

namespace poolbench {
namespace {

int64_t number_of(const StoredRecord& part) {
  return exact_integer(part.context().at("shard").at("number"));
}

// Where a record of one part goes, or what belongs to the part: no more of the run's arguments.
constexpr std::string_view kOfAPart[] = {"--shard", "--costs", "--json", "--benchmark_out"};
constexpr std::string_view kOfAnyRun[] = {"--resume", "--no-supervisor"};

Json arguments_of(const StoredRecord& part) {
  const Json& words = part.context().at("arguments");
  Json kept = Json::array();
  for (size_t i = 0; i < words.size(); ++i) {
    const auto word = words[i].get<std::string>();
    if (std::ranges::find(kOfAnyRun, word) != std::end(kOfAnyRun)) continue;
    if (std::ranges::find(kOfAPart, word.substr(0, word.find('='))) == std::end(kOfAPart))
      kept.push_back(word);
    else if (word.find('=') == word.npos)
      ++i;  // its value is the next one
  }
  return kept;
}

// What all parts must have alike.
Json facts_of(const StoredRecord& part) {
  const Json& ours = part.context();
  Json facts = {{"arguments", arguments_of(part)},
                {"comparable", ours.at("comparable")},
                {"shard", ours.at("shard")},
                {"schema_minor", ours.at("schema_minor")},
                {"networks", Json::array()}};
  for (const char* own : {"drivers", "libraries"}) facts["comparable"].erase(own);
  facts["shard"].erase("number");
  for (const char* name :
       {"version", "commit", "build_id", "isa", "omp_num_threads", "omp_proc_bind"})
    facts["noted"][name] = ours.at("noted").value(name, Json());
  for (Json network : ours.value("networks", Json::array())) {
    network.erase("totals");
    facts["networks"].push_back(std::move(network));
  }
  const Json modules = ours.value("modules", Json::object());
  for (const auto& [name, module] : modules.items())
    facts["modules"][name] = {{"sha256", module.at("sha256")}, {"build_id", module.at("build_id")}};
  return facts;
}

// What a part has only of those contenders that took part in it. Where two have the same, it must
// be alike.
Json seen_by(const StoredRecord& part) {
  const Json& ours = part.context();
  Json seen;
  for (const char* name : {"drivers", "libraries"})
    seen[name] = ours.at("comparable").value(name, Json::object());
  const Json modules = ours.value("modules", Json::object());
  for (const auto& [name, module] : modules.items())
    seen["mapped by " + name] = module.at("mapped");
  std::map<std::string, std::set<std::string>> devices;  // of equal machines these are equal
  for (const Device& device : part.devices) devices[device.substrate].insert(device.name);
  seen["devices"] = devices;
  return seen;
}

void refuse(const StoredRecord& part, const StoredRecord& other, const std::string& why) {
  throw BadInput(
      fmt::format("{}: is no part of the run that {} is of: {}", part.file, other.file, why));
}

Json part_json(const StoredRecord& part) {
  Json noted = part.context().at("noted");
  noted.erase("case_seconds");
  return {{"shard", number_of(part)},
          {"date", part.date},
          {"host_name", part.host},
          {"load_avg", part.json.at("context").value("load_avg", Json::array())},
          {"part_seal", part.context().at("seal")},
          {"noted", std::move(noted)}};
}

// How often something happened: many of them have a sum.
void check_count(const Json& json) {
  if (const int64_t count = exact_integer(json);
      count < 0 || count > std::numeric_limits<int32_t>::max())
    throw BadInput(fmt::format("{} is no count", count));
}

// What is cast below to whole numbers must be some.
void check_numbers(const StoredRecord& part) {
  const Json &shard = part.context().at("shard"), &noted = part.context().at("noted");
  const Shard whose = {number_of(part), exact_integer(shard.at("count"))};
  if (!is_sound(whose))
    throw BadInput(fmt::format("there is no shard {} of {}", whose.number, whose.count));
  for (const Json& one : shard.at("cases")) exact_integer(one.at("shard"));
  for (const Json& seed : noted.value("seeds", Json::array()))
    if (!seed.is_number_unsigned()) throw BadInput(fmt::format("{} is no seed", seed.dump()));
  const Json run = noted.value("run", Json::object());
  for (const char* name : {"restarts", "resumed"}) check_count(run.value(name, Json(0)));
  const Json gpus = noted.value("gpus", Json::object());
  for (const auto& [uuid, seen] : gpus.items()) {
    check_count(seen.at("looks"));
    const Json throttled = seen.value("throttled", Json::object());
    for (const auto& [reason, looks] : throttled.items()) check_count(looks);
  }
}

// Each with the temperatures for which it has sums.
std::vector<std::pair<Network, std::vector<Temperature>>> networks_of(const StoredRecord& part) {
  std::vector<std::pair<Network, std::vector<Temperature>>> networks;
  for (const Json& json : part.context().value("networks", Json::array())) {
    auto& [network, temperatures] =
        networks.emplace_back(from_exact<Network>(json), std::vector<Temperature>());
    for (const Json& total : json.at("totals"))
      temperatures.push_back(temperature_of(total.at("temperature").get<std::string>()));
  }
  return networks;
}

void check_part(const StoredRecord& part) {
  if (part.schema_minor > kSchemaMinor)
    throw BadInput(fmt::format("{}: has schema {}.{}: this poolbench knows {}.{}", part.file,
                               kSchema, part.schema_minor, kSchema, kSchemaMinor));
  const Json& ours = part.context();
  if (!ours.contains("shard"))
    throw BadInput(fmt::format("{}: is {}, not a shard of a run (bench --shard)", part.file,
                               ours.contains("parts") ? "merged already" : "a whole run"));
  try {
    facts_of(part), seen_by(part), part_json(part), check_numbers(part), networks_of(part);
  } catch (const std::exception& error) {
    throw BadInput(fmt::format("{}: is no shard as bench writes it: {}", part.file, error.what()));
  }
}

// Throws BadInput unless all are parts of one run, each another one. Returns what they have seen
// together.
Json check_one_run(const std::vector<StoredRecord>& parts) {
  const StoredRecord& first = parts.front();
  const Json facts = facts_of(first);
  Json all = seen_by(first);
  for (size_t i = 1; i < parts.size(); ++i) {
    const StoredRecord& part = parts[i];
    if (const std::string differ = differences(facts, facts_of(part)); !differ.empty())
      refuse(part, first, differ);
    if (number_of(part) == number_of(parts[i - 1]))
      throw BadInput(fmt::format("{} and {} are both shard {} of {}", parts[i - 1].file, part.file,
                                 number_of(part),
                                 exact_integer(first.context().at("shard").at("count"))));
    const Json its = seen_by(part);
    for (const auto& [what, seen] : its.items())
      for (const auto& [name, value] : seen.items()) {
        Json& known = all[what][name];
        if (!known.is_null() && known != value)
          refuse(part, first,
                 fmt::format("{}/{}: {} and {}", what, name, known.dump(), value.dump()));
        known = value;
      }
  }
  return all;
}

// The rows as they stand in a part, by problem. A sample stands before the row that it is of.
std::map<std::string, std::vector<Json>> rows_of(const StoredRecord& part) {
  std::map<std::string, std::vector<Json>> rows;
  std::vector<Json> samples;
  for (const Json& row : part.json.at("benchmarks")) {
    samples.push_back(row);
    if (!row.contains("poolbench")) continue;
    const auto problem = row.at("poolbench").at("problem").get<std::string>();
    auto& of_case = rows[to_text(parse_problem(problem))];
    of_case.insert(of_case.end(), samples.begin(), samples.end());
    samples.clear();
  }
  return rows;
}

// What is the same in all parts stays; of the rest each part tells for itself.
Json noted_of(const std::vector<StoredRecord>& parts) {
  Json noted = parts.front().context().at("noted"), gpus;
  std::set<uint64_t> seeds;
  std::map<std::string, double> seconds;
  bool supervised = true;
  int64_t restarts = 0, resumed = 0;
  for (const StoredRecord& part : parts) {
    const Json& its = part.context().at("noted");
    std::erase_if(noted.get_ref<Json::object_t&>(),
                  [&](const auto& one) { return its.value(one.first, Json()) != one.second; });
    seeds.merge(its.value("seeds", std::set<uint64_t>()));
    seconds.insert(part.case_seconds.begin(), part.case_seconds.end());
    const Json run = its.value("run", Json::object());
    supervised &= run.value("supervised", true);
    restarts += run.value("restarts", int64_t{0});
    resumed += run.value("resumed", int64_t{0});
    merge_gpus(gpus, its.value("gpus", Json::object()));
  }
  noted["seeds"] = seeds;
  noted["case_seconds"] = seconds;
  noted["run"] = {{"supervised", supervised}, {"restarts", restarts}};
  if (resumed > 0) noted["run"]["resumed"] = resumed;
  if (!gpus.is_null()) noted["gpus"] = gpus;
  return noted;
}

Json context_of(const std::vector<StoredRecord>& parts, const Json& seen) {
  Json context = parts.front().json.at("context");
  std::set<std::string> hosts;
  std::map<std::pair<std::string, std::string>, Device> devices;
  Json& ours = context["poolbench"];
  ours["parts"] = Json::array();
  for (const StoredRecord& part : parts) {
    context["date"] = std::min(context["date"].get<std::string>(), part.date);
    hosts.insert(part.host);
    for (const Device& device : part.devices)
      devices.try_emplace({device.uuid, device.substrate}, device);
    const Json modules = part.context().value("modules", Json::object());
    for (const auto& [name, module] : modules.items())
      ours["modules"][name]["mapped"].update(module.at("mapped"));
    ours["parts"].push_back(part_json(part));
  }
  std::string names;
  for (const std::string& host : hosts) names += (names.empty() ? "" : ",") + host;
  context["host_name"] = names;
  ours["arguments"] = arguments_of(parts.front());
  for (const char* name : {"drivers", "libraries"})
    if (!seen.at(name).empty()) ours["comparable"][name] = seen.at(name);
  ours["devices"] = Json::array();
  for (const auto& [key, device] : devices) ours["devices"].push_back(device_json(device));
  ours["noted"] = noted_of(parts);
  ours["seal"] = blank_seal();
  ours.erase("shard");
  return context;
}

// Adds the networks with the sums over all cases.
void add_networks(const StoredRecord& first, const std::vector<CaseResult>& cases, Json& context) {
  Json& networks = context["poolbench"]["networks"];
  networks = Json::array();
  for (const auto& [network, temperatures] : networks_of(first))
    networks.push_back(network_json(network, cases, temperatures));
  if (networks.empty()) context["poolbench"].erase("networks");
}

// `parts` in the order of their numbers.
Merged put_together(const std::vector<StoredRecord>& parts) {
  const Json seen = check_one_run(parts);
  const StoredRecord& first = parts.front();
  const Json& shard = first.context().at("shard");
  Merged merged{.json = {{"context", context_of(parts, seen)}, {"benchmarks", Json::array()}},
                .shards = exact_integer(shard.at("count"))};

  std::map<int64_t, std::map<std::string, std::vector<Json>>> rows;  // by shard and problem
  std::map<std::string, const CaseResult*> results;
  for (const StoredRecord& part : parts) {
    rows[number_of(part)] = rows_of(part);
    for (const CaseResult& result : part.cases) results[to_text(result.problem)] = &result;
  }
  for (int64_t number = 1; number <= merged.shards; ++number)
    if (!rows.contains(number)) merged.missing.push_back(number);
  std::vector<CaseResult> cases;
  int family = 0;
  for (const Json& one : shard.at("cases")) {
    const std::string problem = one.at("problem");
    const int64_t number = exact_integer(one.at("shard"));
    auto of_case = rows[number].extract(problem);
    if (of_case.empty()) {
      merged.left_out.push_back(problem);
      continue;
    }
    cases.push_back(*results.at(problem));
    for (Json& row : of_case.mapped()) {
      row["family_index"] = family;
      family += row.contains("poolbench");
      merged.json["benchmarks"].push_back(std::move(row));
    }
  }
  for (const StoredRecord& part : parts)
    if (const auto& others = rows[number_of(part)]; !others.empty())
      throw BadInput(fmt::format("{}: has rows of {}, which is no case of shard {}", part.file,
                                 others.begin()->first, number_of(part)));
  add_networks(first, cases, merged.json["context"]);
  merged.json["context"]["poolbench"]["left_out"] = merged.left_out;
  return merged;
}

}  // namespace

Merged merge(std::vector<StoredRecord> parts) {
  std::string files;
  for (const StoredRecord& part : parts) {
    check_part(part);
    files += (files.empty() ? "" : ", ") + part.file;
  }
  std::ranges::sort(parts, {}, number_of);
  return as_bench_writes(files, [&] { return put_together(parts); });
}

}  // namespace poolbench
