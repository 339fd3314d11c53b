#include "bench/report/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bench/record/context.h"
#include "bench/report/columns.h"
#include "bench/text.h"

namespace poolbench {
namespace {

template <class Visit>
void for_each_row(const StoredRecord& record, const Visit& visit) {
  for (const CaseResult& result : record.cases)
    for (const Record& row : result.records) visit(row);
}

std::string text_of(const Json& json) {
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Lines of cells. Numbers come back with their bits, whatever the locale; what is not there is
// empty.
class Csv {
 public:
  Csv& cell(std::string_view text) {
    text_ += is_first_ ? "" : ",";
    is_first_ = false;
    if (text.find_first_of(",\"\r\n") == text.npos) {
      text_ += text;
      return *this;
    }
    text_ += '"';
    for (const char c : text) text_.append(c == '"' ? 2 : 1, c);
    text_ += '"';
    return *this;
  }
  Csv& cell(double value) { return cell(std::isfinite(value) ? fmt::format("{}", value) : ""); }
  Csv& cell(const Interval& interval) {
    return cell(interval.median).cell(interval.low).cell(interval.high);
  }
  void end_line() {
    text_ += "\r\n";
    is_first_ = true;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
  bool is_first_ = true;
};

constexpr const char* kColumns[] = {
    "contender",  "kernel",      "problem",        "temperature",   "status", "reason",
    "seconds",    "seconds_low", "seconds_high",   "samples",       "bytes",  "bytes_per_second",
    "share",      "share_low",   "share_high",     "ceiling",       "ratio",  "ratio_low",
    "ratio_high", "baseline",    "across_devices", "floor_seconds", "warm",   "device"};

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f} %", 100 * share) : "";
}

}  // namespace

bool is_exported(const Record& row) { return has_time(row.status) && !row.warm; }

const ExportFormat& export_format(std::string_view name) {
  std::string names;
  for (const ExportFormat& format : kExportFormats) {
    if (format.name == name) return format;
    names += (names.empty() ? "" : ", ") + std::string(format.name);
  }
  throw BadInput(fmt::format("--format: '{}' is unknown; one of {}", name, names));
}

std::string exported(const StoredRecord& record, const ExportFormat& format) {
  return as_bench_writes(record.file, [&] { return format.text(record); });
}

// Without what is ours, which is no part of that schema, and without rows that have no time: the
// readers would take their 0 for one.
std::string google_benchmark_json(const StoredRecord& record) {
  Json context = record.json.at("context");
  context.erase("poolbench");
  context["json_schema_version"] = 1;
  const std::pair<const char*, const std::string*> facts[] = {
      {"poolbench_version", &record.version},
      {"poolbench_revision", &record.revision},
      {"processor", &record.processor},
      {"compiler", &record.compiler},
      {"compiler_flags", &record.flags}};
  for (const auto& [name, fact] : facts) context[name] = *fact;
  Json rows = Json::array();
  std::set<std::string> exported;
  for_each_row(record, [&](const Record& one) {
    if (is_exported(one)) exported.insert(one.name());
  });
  for (Json json : record.json.at("benchmarks")) {
    if (!exported.contains(json.at("run_name"))) continue;
    json.erase("poolbench");
    rows.push_back(std::move(json));
  }
  return text_of({{"context", std::move(context)}, {"benchmarks", std::move(rows)}});
}

std::string github_action_json(const StoredRecord& record) {
  Json entries = Json::array();
  for_each_row(record, [&](const Record& row) {
    if (!is_exported(row)) return;
    Json entry = {{"name", row.name()},
                  {"unit", "ns"},
                  {"value", row.seconds.median * kNanoseconds},
                  {"extra", fmt::format("kernel: {}\nsamples: {}\ndevice: {}", row.kernel,
                                        row.series.seconds.size(), row.device.name)}};
    if (const double share = row.seconds.half_width(); std::isfinite(share))
      entry["range"] = fmt::format("± {:.3f}", share * row.seconds.median * kNanoseconds);
    if (std::isfinite(row.share.median))
      entry["extra"] = fmt::format("{}\nshare of {}: {}", entry["extra"].get<std::string>(),
                                   row.ceiling, percent(row.share.median));
    entries.push_back(std::move(entry));
  });
  return text_of(entries);
}

std::string bencher_json(const StoredRecord& record) {
  Json benchmarks = Json::object();
  for_each_row(record, [&](const Record& row) {
    if (!is_exported(row)) return;
    Json latency = {{"value", row.seconds.median * kNanoseconds}};
    if (std::isfinite(row.seconds.low)) latency["lower_value"] = row.seconds.low * kNanoseconds;
    if (std::isfinite(row.seconds.high)) latency["upper_value"] = row.seconds.high * kNanoseconds;
    benchmarks[row.name()] = {{"latency", std::move(latency)}};
  });
  return text_of(benchmarks);
}

std::string csv(const StoredRecord& record) {
  Csv csv;
  for (const char* column : kColumns) csv.cell(std::string_view(column));
  csv.end_line();
  for_each_row(record, [&](const Record& row) {
    const bool is_timed = std::isfinite(row.seconds.median);
    csv.cell(row.contender).cell(row.kernel).cell(to_text(row.problem));
    csv.cell(temperature_name(row.temperature)).cell(info(row.status).name).cell(row.reason);
    csv.cell(row.seconds).cell(double(row.series.seconds.size()));
    csv.cell(is_timed ? double(row.traffic.total()) : kNone).cell(row.bytes_per_second());
    csv.cell(row.share).cell(row.ceiling).cell(row.ratio).cell(row.baseline);
    csv.cell(std::string_view(row.across_devices ? "true" : "false")).cell(row.floor_seconds);
    csv.cell(std::string_view(row.warm ? "true" : "false")).cell(row.device.name);
    csv.end_line();
  });
  return std::move(csv).text();
}

std::string record_markdown(const StoredRecord& record) {
  std::string text = fmt::format(
      "**{}**, {} threads, {}; poolbench {} ({}), {}\n\n"
      "| problem | | contender | kernel | time | ± | GB/s | share | ratio | |\n"
      "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n",
      markdown_cell(record.processor), record.threads, markdown_cell(record.compiler),
      markdown_cell(record.version), markdown_cell(record.revision), markdown_cell(record.date));
  bool any_across = false;
  for_each_row(record, [&](const Record& row) {
    const bool is_timed = has_time(row.status);
    const bool has_ratio = is_timed && std::isfinite(row.ratio.median), across = row.across_devices;
    const std::string ratio =
        has_ratio ? fmt::format("x{}{}", digits(row.ratio.median), across ? "*" : "") : "";
    any_across |= has_ratio && across;
    const std::string remark = row.status != Status::kOk
                                   ? fmt::format("{}: {}", info(row.status).name, row.reason)
                               : row.warm ? "warm"
                                          : "";
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
                        markdown_cell(to_text(row.problem)), temperature_name(row.temperature),
                        markdown_cell(row.contender), markdown_cell(row.kernel),
                        is_timed ? time_text(row.seconds.median) : "",
                        is_timed ? percent(row.seconds.half_width()) : "",
                        is_timed && !row.below_floor() ? digits(row.bytes_per_second() / 1e9) : "",
                        is_timed ? percent(row.share.median) : "", ratio, markdown_cell(remark));
  });
  if (any_across)
    text += "\n`*`: the baseline ran on another device, and the ratio compares those too\n";
  return text;
}

}  // namespace poolbench
