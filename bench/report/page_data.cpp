#include <algorithm>

#include "bench/report/columns.h"
#include "bench/report/glance.h"
#include "bench/report/page.h"
#include "bench/report/sources.h"
#include "bench/time/network_total.h"
#include "host/lower.h"
#include "kernels/naive/naive.h"
#include "kernels/openmp/openmp.h"
#include "kernels/vulkan/kernels.h"

namespace poolbench {
namespace {

Json interval_json(const Interval& interval, double unit) {
  return {short_number(unit * interval.median), short_number(unit * interval.low),
          short_number(unit * interval.high)};
}

// The parts of 100,000 by which a sample is longer than the median.
Json sample_json(double sample, double median) {
  return std::isfinite(sample / median) ? Json(std::llround(1e5 * (sample / median - 1))) : Json();
}

template <class Kernels>
std::string taken_by(const char* family, const Kernels& kernels, const Shapes& shapes) {
  std::string text;
  for (const auto& kernel : kernels)
    if (!kernel.why_not(shapes)) text += std::string(text.empty() ? "" : ", ") + kernel.name;
  return text.empty() ? "" : std::string(family) + ": " + text;
}

// The kernels of this program that take a problem on this machine, by family.
Json takers(const Problem& problem, Words& words) {
  const Shapes shapes = lower_for_kernels(problem);
  Json taken = Json::array();
  const auto add = [&](const std::string& text) {
    if (!text.empty()) taken.push_back(words.number_of(text));
  };
  add(taken_by("naive", naive::kernels(), shapes));
  add(taken_by("openmp", openmp::family().kernels, shapes));
#if POOLBENCH_HAS_VULKAN
  add(taken_by("vulkan", vulkan::kernels(), shapes));
#endif
  return taken;
}

// All tables of a page, while they are filled.
class PageTables {
 public:
  void add(const StoredRecord& record);
  Json json() && {
    Json json = {{"words", words_.texts()}, {"records", std::move(records_)}};
    json["cases"] = std::move(cases_).json();
    json["rows"] = std::move(rows_).json();
    json["timed"] = std::move(timed_).json();
    json["count"] = {{"cases", case_count_}, {"rows", row_count_}, {"timed", timed_count_}};
    for (int n = 0; n <= most_samples_; ++n) json["ranks"].push_back(interval_order(n, 0.95).rank);
    return json;
  }

 private:
  int64_t word(const std::string& text) { return words_.number_of(text); }
  void add_case(const Problem& problem);
  void add_row(const Record& row);
  void add_times(const Record& row);
  void add_series(const Record& row);
  Json network_json(const Network& network, const StoredRecord& record, int64_t first_case);

  Sources sources_;
  Words words_;
  Json records_ = Json::array();
  Columns cases_, rows_, timed_;
  int64_t case_count_ = 0, row_count_ = 0, timed_count_ = 0;
  int most_samples_ = 0;
};

void PageTables::add_case(const Problem& problem) {
  cases_.add("record", records_.size());
  cases_.add("problem", to_text(problem));
  cases_.add("type", word(std::string(token(problem.dtype()))));
  cases_.add("layout", word(std::string(token(problem.layout()))));
  cases_.add("class", word(fmt::format("{} {} {}D", token(problem.spec().reduction),
                                       token(problem.spec().windowing), problem.rank())));
  cases_.add("batch", problem.n());
  cases_.add("elements", problem.src_count());
  cases_.add("outputs", problem.dst_count());
  cases_.add("takers", takers(problem, words_));
  cases_.add("source", word(sources_.of(problem)));
}

void PageTables::add_series(const Record& row) {
  Json samples = Json::array(), voided = Json::array();
  const double median = row.seconds.median;
  for (const double sample : row.series.seconds) samples.push_back(sample_json(sample, median));
  most_samples_ = std::max(most_samples_, int(row.series.seconds.size()));
  for (const Voided& block : row.series.voided)
    for (Json value : {Json(block.block), Json(word(block.cause)),
                       sample_json(block.seconds, median), Json(int(block.disturbed))})
      voided.push_back(std::move(value));
  timed_.add("samples", std::move(samples));
  timed_.add("voided", std::move(voided));
  timed_.add("level", word(row.series.level));
}

void PageTables::add_times(const Record& row) {
  timed_.add("time", row.seconds, kNanoseconds);
  timed_.add("share", row.share);
  timed_.add("ratio", row.ratio);
  timed_.add("baseline", word(row.baseline));
  timed_.add("across", int(row.across_devices));
  timed_.add("bytes", row.traffic.total());
  timed_.add("ceiling", word(row.ceiling));
  timed_.add("ceiling_time", nanoseconds(row.ceiling_seconds));
  timed_.add("floor", nanoseconds(row.floor_seconds));
  timed_.add("warm", int(row.warm));
  timed_.add("plan", nanoseconds(row.plan.seconds.value_or(kNone)));
  timed_.add("plan_again", nanoseconds(row.plan.again_seconds.value_or(kNone)));
  timed_.add("scratch", row.scratch_bytes);
  timed_.add("submit_p50", nanoseconds(row.submit.p50));
  timed_.add("submit_p99", nanoseconds(row.submit.p99));
  timed_.add("claimed", nanoseconds(row.claimed_seconds));
  timed_.add("note", word(row.note));
  std::string differences;
  const Comparison comparison = row.comparison.value_or(Comparison());
  for (const auto& [rule, outputs] : comparison.known_differences)
    differences += fmt::format("{}{} ({} outputs)", differences.empty() ? "" : "; ", rule, outputs);
  timed_.add("differences", word(differences));
  add_series(row);
}

void PageTables::add_row(const Record& row) {
  const bool is_timed = std::isfinite(row.seconds.median);
  rows_.add("case", case_count_ - 1);
  rows_.add("contender", word(row.contender));
  rows_.add("hot", int(row.temperature == Temperature::kHot));
  rows_.add("status", word(std::string(info(row.status).name)));
  rows_.add("reason", word(row.reason));
  rows_.add("kernel", word(row.kernel));
  rows_.add("device", word(row.device.name.empty() ? row.device.uuid : row.device.name));
  rows_.add("uuid", word(row.device.uuid));
  rows_.add("timed", int(is_timed));
  ++row_count_;
  if (!is_timed) return;
  ++timed_count_;
  add_times(row);
}

Json PageTables::network_json(const Network& network, const StoredRecord& record,
                              int64_t first_case) {
  Json json = {{"name", network.name},
               {"count", layer_count(network)},
               {"layers", Json::array()},
               {"totals", Json::array()}};
  for (const Layer& layer : network.layers) {
    const auto found = std::ranges::find(record.cases, layer.problem, &CaseResult::problem);
    if (found != record.cases.end())
      json["layers"].push_back({first_case + (found - record.cases.begin()), layer.times});
  }
  for (const Temperature temperature : kTemperatures) {
    const NetworkTotal total = network_total(network, record.cases, temperature);
    Json rows = Json::array();
    for (const NetworkTotal::Row& row : total.rows)
      rows.push_back({{"contender", word(row.contender)},
                      {"ok", row.ok},
                      {"time", interval_json(row.seconds, kNanoseconds)},
                      {"ratio", interval_json(row.ratio, 1)},
                      {"across", row.across_devices}});
    json["totals"].push_back({{"compared", total.compared}, {"rows", std::move(rows)}});
  }
  return json;
}

void PageTables::add(const StoredRecord& record) {
  const int64_t first_case = case_count_;
  for (const CaseResult& result : record.cases) {
    ++case_count_;
    add_case(result.problem);
    for (const Record& row : result.records) add_row(row);
  }
  Disturbance all;
  for (const CaseResult& result : record.cases) all.add(result);
  Json networks = Json::array(), devices = Json::array();
  for (const Network& network : record.networks)
    networks.push_back(network_json(network, record, first_case));
  for (const Device& device : record.devices)
    devices.push_back({{"name", device.name}, {"driver", device.driver}});
  const Json& ours = record.context();
  const Json noted = ours.value("noted", Json::object());
  records_.push_back({{"file", record.file.substr(record.file.rfind('/') + 1)},
                      {"date", record.date},
                      {"host", record.host},
                      {"processor", record.processor},
                      {"threads", record.threads},
                      {"compiler", record.compiler},
                      {"flags", record.flags},
                      {"build_type", record.build_type},
                      {"version", record.version},
                      {"revision", record.revision},
                      {"method", record.method},
                      {"sealed", ours.contains("seal")},
                      {"virtualised", noted.value("virtualised", false)},
                      {"libraries", ours.at("comparable").value("libraries", Json::object())},
                      {"arguments", ours.value("arguments", Json::array())},
                      {"left_out", ours.value("left_out", Json::array())},
                      {"without_ceilings", noted.value("without_ceilings", Json::object())},
                      {"blocks", all.blocks},
                      {"voided", all.voided},
                      {"devices", std::move(devices)},
                      {"networks", std::move(networks)}});
}

}  // namespace

Json page_data(const PageParts& parts) {
  PageTables tables;
  for (const StoredRecord& record : parts.records)
    as_bench_writes(record.file, [&] {
      tables.add(record);
      return true;
    });
  Json json = std::move(tables).json();
  for (const StatusInfo& status : kStatuses)
    json["statuses"][std::string(status.name)] = status.meaning;
  if (!parts.disagreements.is_null()) json["disagreements"] = parts.disagreements;
  if (!parts.races.is_null()) json["races"] = parts.races;
  if (!parts.history.is_null()) json["history"] = parts.history;
  return json;
}

}  // namespace poolbench
